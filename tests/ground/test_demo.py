"""`make demo` shows a team at work, and never mixes with a real one."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from conversations.models import Item, Membership, PixelLock, Response, User

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_team_can_sign_in_with_the_password_that_is_printed(client: Client, capsys) -> None:
    call_command("seeddemo")
    password = capsys.readouterr().out.split()[-1]
    for name in ("admin", "alice", "bob", "charlie"):
        assert client.login(email=f"{name}@example.com", password=password)


def test_conversations_wait_for_their_answers_and_charlie_sees_none() -> None:
    call_command("seeddemo")
    assert set(Response.objects.values_list("status", flat=True)) == {"queued"}
    assert Item.objects.exclude(author=None).exists()
    members = Membership.objects.values_list("user__name", flat=True)
    assert set(members) == {"Alice", "Bob"}


def test_a_second_time_changes_nothing(capsys) -> None:
    call_command("seeddemo")
    call_command("seeddemo")
    assert User.objects.count() == 4
    assert "there already" in capsys.readouterr().out


def test_it_stays_away_from_real_people(admin: User) -> None:
    with pytest.raises(CommandError, match="SALON_DATA"):
        call_command("seeddemo")
    assert User.objects.get() == admin


def test_the_studio_has_an_edit_under_a_mask_with_the_pixel_lock() -> None:
    call_command("seeddemo")
    lock = PixelLock.objects.get()
    assert lock.response.options["tools"][0]["input_image_mask"]["image_url"]["$file"] == lock.mask_id
