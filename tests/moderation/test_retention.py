"""Which rule wins, what the preview promises, and that the purge does that and nothing else."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from django.contrib.auth.models import Group
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from conversations.errors import Refused
from conversations.models import AuditEntry, Conversation, Deletion, File, Item, RetentionRule, StreamChunk, User
from conversations.moderation import certificates, deletion, holds, parts, purging, rules
from conversations.moderation.retention import Rules, preview, standing
from tests.moderation.conftest import Make, add_file
from tests.moderation.rules import rule


@pytest.fixture
def product(alice: User) -> Group:
    group = Group.objects.create(name="Product")
    alice.groups.add(group)
    return group


def hidden() -> set[str]:
    return set(Conversation.objects.filter(deleted_at__isnull=False).values_list("pk", flat=True))


def test_the_most_specific_rule_wins(make: Make, admin: User, alice: User, charlie: User, product: Group) -> None:
    ordinary, special = make(age=100), make(age=100)
    temporary, foreign = make(age=100, temporary=True), make(age=100, owner=charlie)

    def term(conversation: Conversation) -> int | None:
        return standing(conversation).days

    rule(admin, scope="site", messages=True, days=365)
    assert {term(ordinary), term(foreign)} == {365}
    rule(admin, scope="group", group=product, messages=True, days=180)
    assert (term(ordinary), term(foreign)) == (180, 365)
    rule(admin, scope="person", person=alice, messages=True, days=120)
    assert term(ordinary) == 120
    rule(admin, scope="temporary", messages=True, days=1)
    assert (term(temporary), term(ordinary)) == (1, 120)
    rule(admin, scope="conversation", conversation=special, messages=True, days=None)
    assert term(special) is None

    deletion.apply_rules(timezone.now())
    assert hidden() == {temporary.pk}
    assert Deletion.objects.get().rule_id == RetentionRule.objects.get(scope="temporary").pk


def test_nobody_leaves_the_limits_of_the_rule_for_everybody(make: Make, admin: User, alice: User) -> None:
    conversation = make()
    rule(admin, scope="site", messages=True, days=365, floor_days=30, ceiling_days=730)
    own = rule(admin, scope="person", person=alice, messages=True, days=7)
    assert standing(conversation).days == 30
    RetentionRule.objects.filter(pk=own.pk).update(days=None)
    assert standing(conversation).days == 730


def test_of_several_groups_the_one_that_keeps_longest_decides(
    make: Make, admin: User, alice: User, product: Group
) -> None:
    archive = Group.objects.create(name="Archive")
    alice.groups.add(archive)
    conversation = make(age=100)
    rule(admin, scope="group", group=product, messages=True, days=10)
    longest = rule(admin, scope="group", group=archive, messages=True, days=200)
    found = standing(conversation)
    assert (found.days, found.rule) == (200, longest)
    assert deletion.apply_rules(timezone.now()) == 0


def test_the_preview_is_what_the_purge_then_does(make: Make, admin: User, bob: User) -> None:
    going = [make(age=age, turns=2, content=b"shared") for age in (91, 120, 400)]
    held = make(age=200)
    staying = make(age=89, content=b"shared")
    holds.place(actor=admin, name="Customs", reason="An inquiry", conversations=[held.pk])
    asked = rules.draft(actor=admin, scope="site", kinds=["messages"], days=90)

    promised = preview(Rules(timezone.now(), draft=asked))
    assert (promised.conversations, promised.held) == (3, 1)
    assert promised.counts == {"messages": 12, "tool_data": 6, "files": 6, "images": 0, "recordings": 0, "responses": 0}
    assert promised.elsewhere == {"files": 6, "images": 0, "recordings": 0}
    assert sum(count for _, count in promised.months) == 4

    assert deletion.apply_rules(timezone.now()) == 0  # a draft deletes nothing
    in_force(asked, by=admin, second=bob)
    assert deletion.apply_rules(timezone.now()) == promised.conversations
    assert hidden() == {conversation.pk for conversation in going}
    report = purging.purge_due(timezone.now(), ignore_grace=True)
    assert report.purged == promised.conversations
    assert report.counts["items"] == promised.counts["messages"] + promised.counts["tool_data"]
    assert report.counts["files"] == promised.counts["files"]
    assert File.objects.filter(conversation=staying).count() == 1
    assert default_storage.exists(File.objects.get().storage_name)


def in_force(asked: RetentionRule, *, by: User, second: User) -> None:
    """Take a rule that gets shorter the whole way, and let its day of waiting pass."""
    asked = rules.propose(asked, actor=by, reason="Works council agreement")
    assert asked.status == RetentionRule.Status.PROPOSED
    asked = rules.confirm(asked, actor=second)
    assert asked.status == RetentionRule.Status.CONFIRMED
    assert deletion.apply_rules(timezone.now() + dt.timedelta(hours=23)) == 0
    RetentionRule.objects.filter(pk=asked.pk).update(in_force_at=timezone.now())


def test_a_shorter_rule_needs_a_second_person_and_a_day(make: Make, admin: User, bob: User) -> None:
    make(age=100)
    rule(admin, scope="site", messages=True, days=180)
    asked = rules.propose(
        rules.draft(actor=admin, scope="site", kinds=["messages"], days=90), actor=admin, reason="Shorter"
    )
    with pytest.raises(Refused, match="Another person"):
        rules.confirm(asked, actor=admin)
    asked = rules.confirm(asked, actor=bob)
    assert asked.in_force_at is not None
    assert asked.in_force_at - timezone.now() > dt.timedelta(hours=23)
    rules.stop(asked, actor=admin)
    assert deletion.apply_rules(timezone.now() + dt.timedelta(days=2)) == 0
    assert [entry.action for entry in AuditEntry.objects.order_by("position")] == [
        "rule.propose",
        "rule.confirm",
        "rule.refuse",
    ]
    assert RetentionRule.objects.get(days=180).status == RetentionRule.Status.IN_FORCE


def test_a_longer_rule_is_in_force_at_once(admin: User) -> None:
    before = rule(admin, scope="site", messages=True, days=180)
    asked = rules.draft(actor=admin, scope="site", kinds=["messages"], days=365)
    assert rules.propose(asked, actor=admin, reason="Longer").status == RetentionRule.Status.IN_FORCE
    before.refresh_from_db()
    assert before.status == RetentionRule.Status.ENDED


def test_taking_a_long_rule_away_or_lowering_a_limit_is_getting_shorter(admin: User, alice: User) -> None:
    rule(admin, scope="site", messages=True, days=30, ceiling_days=1000)
    rule(admin, scope="person", person=alice, messages=True, days=900)
    assert rules.is_shorter(rules.draft(actor=admin, scope="person", person=alice, kinds=[], days=None))
    assert rules.is_shorter(rules.draft(actor=admin, scope="site", kinds=["messages"], days=30, ceiling_days=100))
    assert not rules.is_shorter(rules.draft(actor=admin, scope="site", kinds=["messages"], days=31, ceiling_days=1000))


def test_what_somebody_just_wrote_in_is_left_alone(make: Make, admin: User) -> None:
    conversation = make(age=100)
    rule(admin, scope="site", messages=True, days=90)
    Conversation.objects.filter(pk=conversation.pk).update(activity_at=timezone.now())
    assert deletion.apply_rules(timezone.now()) == 0


def test_what_came_back_is_not_deleted_again_at_once(make: Make, admin: User, alice: User) -> None:
    make(age=100)
    rule(admin, scope="site", messages=True, days=90)
    assert deletion.apply_rules(timezone.now()) == 1
    deletion.restore(Deletion.objects.get(), actor=alice)
    assert deletion.apply_rules(timezone.now()) == 0


@pytest.mark.parametrize("target", ["conversation", "owner", "member", "former author", "group"])
def test_whatever_a_matter_names_is_held(
    make: Make, admin: User, alice: User, bob: User, product: Group, target: str
) -> None:
    conversation = make(age=100)
    other = make(age=100, owner=User.objects.create_user("dora@example.com"))
    other.memberships.exclude(user=other.created_by).delete()
    if target == "former author":
        Item.objects.filter(conversation=conversation, direction="input").update(author=bob)
        conversation.memberships.filter(user=bob).delete()
    targets = {
        "conversation": {"conversations": [conversation.pk]},
        "owner": {"people": [alice]},
        "member": {"people": [bob]},
        "former author": {"people": [bob]},
        "group": {"groups": [product]},
    }[target]
    one = holds.place(actor=admin, name="Customs", reason="An inquiry", **targets)
    two = holds.place(actor=admin, name="Another", reason="An inquiry", conversations=[conversation.pk])
    rule(admin, scope="site", messages=True, days=90)

    assert deletion.apply_rules(timezone.now()) == 1
    assert hidden() == {other.pk}
    holds.release(one, actor=admin)
    assert deletion.apply_rules(timezone.now()) == 0
    holds.release(two, actor=admin)
    assert deletion.apply_rules(timezone.now()) == 1


def test_a_matter_about_a_time_holds_what_was_said_then(make: Make, admin: User, alice: User) -> None:
    conversation = make(age=100)
    then = timezone.now() - dt.timedelta(days=100)
    week = dt.timedelta(days=7)
    for since, until, held in (
        (then - week, then + week, True),
        (then + week, None, False),
        (None, then - week, False),
    ):
        hold = holds.place(actor=admin, name="Customs", reason="An inquiry", people=[alice], since=since, until=until)
        assert holds.holding(conversation).exists() is held
        assert holds.held(Conversation.objects.all()).exists() is held
        holds.release(hold, actor=admin)


def test_files_pictures_and_tool_data_have_times_of_their_own(make: Make, admin: User, as_alice: Client) -> None:
    conversation = make(age=50, canary="kanarienvogel", content=b"kanarienvogel")
    then = timezone.now() - dt.timedelta(days=50)
    response = conversation.responses.get()
    picture = add_file(conversation, response, b"pixels", name="kanarienvogel.png", then=then)
    File.objects.filter(pk=picture.pk).update(media_type="image/png")
    rule(admin, scope="site", files=True, tool_data=True, logs=True, days=30)
    promised = preview(Rules(timezone.now()))
    assert (promised.conversations, promised.counts["files"], promised.counts["tool_data"]) == (0, 1, 1)

    assert parts.purge_parts(timezone.now()) == {"files": 1, "images": 0, "recordings": 0, "tool_data": 1, "logs": 0}
    assert not default_storage.exists(stored(b"kanarienvogel"))
    assert default_storage.exists(picture.storage_name)
    call = Item.objects.get(type="function_call")
    assert call.payload["name"] == "look_up"
    assert "kanarienvogel" not in str((call.payload, call.text))
    response.refresh_from_db()
    assert "about" not in str(response.final)
    assert not StreamChunk.objects.exists()
    gone = File.objects.exclude(pk=picture.pk).get()
    assert (gone.name, gone.sha256) == ("", "")
    assert as_alice.get(f"/files/{gone.pk}/").status_code == 404
    assert as_alice.get(f"/conversations/{conversation.pk}/").status_code == 200
    assert {row.parts for row in Deletion.objects.all()} == {"files", "tool_data"}
    assert all(certificates.problem_of(row.certificates.get().document) is None for row in Deletion.objects.all())
    assert parts.purge_parts(timezone.now()).total() == 0


def test_logs_of_answers_go_and_the_answers_stay(make: Make, admin: User) -> None:
    make(age=50)
    rule(admin, scope="site", logs=True, days=30)
    assert parts.purge_parts(timezone.now())["logs"] == 1
    assert not StreamChunk.objects.exists()
    assert Item.objects.count() == 3


def stored(content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return f"blobs/{digest[:2]}/{digest}"


def test_what_is_held_keeps_its_parts(make: Make, admin: User) -> None:
    conversation = make(age=50, content=b"bytes")
    rule(admin, scope="site", files=True, tool_data=True, logs=True, days=30)
    holds.place(actor=admin, name="Customs", reason="An inquiry", conversations=[conversation.pk])
    assert parts.purge_parts(timezone.now()).total() == 0
    assert not Deletion.objects.exists()
    assert preview(Rules(timezone.now())).counts["files"] == 0


def test_on_a_conversation_stands_why_it_is_here_and_when_it_goes(
    make: Make, admin: User, alice: User, as_alice: Client, as_bob: Client, as_charlie: Client
) -> None:
    conversation = make(content=b"bytes", canary="lamp")
    page, kept = f"/conversations/{conversation.pk}/", f"/conversations/{conversation.pk}/kept/"
    assert "Kept until somebody deletes it" in as_alice.get(page).content.decode()
    rule(admin, scope="site", messages=True, files=True, days=30)
    day = date_format(timezone.localtime(conversation.activity_at + dt.timedelta(days=30)), "j M Y")
    assert f"Kept until {day}" in as_bob.get(page).content.decode()
    shown = as_bob.get(kept).content.decode()
    assert f"Deleted on {day}" in shown
    assert "lamp.txt" in shown
    assert as_charlie.get(kept).status_code == 404

    quiet = holds.place(actor=admin, name="Secret matter", reason="An inquiry", people=[alice], quiet=True)
    assert "Secret matter" not in as_alice.get(kept).content.decode()
    holds.release(quiet, actor=admin)
    holds.place(actor=admin, name="Customs", reason="An inquiry", people=[alice])
    assert "Customs" in as_alice.get(kept).content.decode()
    assert "Held: cannot be deleted" in as_alice.get(page).content.decode()


def test_an_owner_makes_a_conversation_temporary(make: Make, admin: User, as_alice: Client, as_bob: Client) -> None:
    conversation = make(age=3)
    kept = f"/conversations/{conversation.pk}/kept/"
    assert "temporary" not in as_alice.get(kept).content.decode()
    rule(admin, scope="temporary", messages=True, days=2)
    assert as_bob.post(kept, {"temporary": "1"}).status_code == 403
    assert deletion.apply_rules(timezone.now()) == 0
    assert as_alice.post(kept, {"temporary": "1"}).status_code == 302
    assert "It is temporary" in as_alice.get(kept).content.decode()
    assert deletion.apply_rules(timezone.now()) == 1
