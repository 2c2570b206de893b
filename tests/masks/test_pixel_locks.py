"""The pixel lock: nothing outside the mask changes, what the model changed there is measured, and faults are told."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image, ImageChops, ImageDraw
from pytest_django.fixtures import DjangoAssertNumQueries

from conversations import access
from conversations.actions import items, pixel_locks
from conversations.models import Fact, File, PixelLock
from conversations.moderation import purging
from conversations.moderation.items import purge_items
from tests.intake import made
from tests.masks.conftest import HOLE, SIZE, Answers, mask_of, read

pytestmark = pytest.mark.django_db
RED = Image.new("RGB", SIZE, "#c02020")


def differing(one: Image.Image, other: Image.Image) -> list[tuple[int, int]]:
    """The places of the pixels that differ."""
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    width = difference.width
    return [(at % width, at // width) for at, pixel in enumerate(difference.get_flattened_data()) if any(pixel)]


def inside(place: tuple[int, int]) -> bool:
    return HOLE[0] <= place[0] <= HOLE[2] and HOLE[1] <= place[1] <= HOLE[3]


def test_no_pixel_outside_the_mask_changes_and_the_middle_is_the_models(answers: Answers) -> None:
    lock = answers.lock(RED)
    assert lock.state == PixelLock.State.DONE, lock.problem
    locked = read(lock.locked)
    changed = differing(locked, answers.original)
    assert changed
    assert all(inside(place) for place in changed)
    assert locked.convert("RGB").getpixel((70, 60)) == (0xC0, 0x20, 0x20)


def test_the_edge_fades_inwards_over_the_feather_and_not_at_all_without(answers: Answers) -> None:
    soft, hard = read(answers.lock(RED, feather=16).locked), read(answers.lock(RED, feather=0).locked)
    red = (0xC0, 0x20, 0x20)
    assert hard.getpixel((HOLE[0], 60)) == red
    assert soft.getpixel((HOLE[0], 60)) != red
    assert soft.getpixel((HOLE[0] + 20, 60)) == red


def test_a_mask_thinner_than_the_feather_still_lets_something_through(answers: Answers) -> None:
    lock = answers.lock(RED, mask=mask_of(hole=(40, 60, 100, 63)), feather=64)
    assert differing(read(lock.locked), answers.original)


def test_the_models_own_picture_stays_and_what_it_changed_outside_is_measured_and_drawn(answers: Answers) -> None:
    half = answers.original.copy()
    half.paste(RED.crop((0, 0, 80, 120)), (0, 0))
    lock = answers.lock(half)
    assert read(lock.made).convert("RGB").tobytes() == half.tobytes()
    outside = SIZE[0] * SIZE[1] - 60 * 60
    assert lock.changed == pytest.approx((80 * 120 - 40 * 60) / outside, rel=0.03)  # noise may be nearly red
    heat = read(lock.heat).convert("RGB")
    assert heat.size == SIZE
    (red, _, blue), (grey, green, _) = heat.getpixel((10, 10)), heat.getpixel((150, 10))  # type: ignore[misc]
    assert red > 150 > blue
    assert abs(grey - green) < 24


def test_an_answer_that_kept_to_the_mask_changed_nothing(answers: Answers) -> None:
    answer = answers.original.copy()
    ImageDraw.Draw(answer).rectangle(HOLE, fill="#c02020")
    assert answers.lock(answer).changed == 0


def test_a_larger_answer_of_the_same_shape_is_scaled_and_says_so(answers: Answers) -> None:
    lock = answers.lock(RED.resize((320, 240)))
    assert read(lock.locked).size == SIZE
    assert lock.scaled
    assert not answers.lock(RED).scaled


def test_an_answer_of_another_shape_is_not_laid_over_and_says_why(answers: Answers) -> None:
    lock = answers.lock(RED.resize((100, 100)))
    assert lock.state == PixelLock.State.FAILED
    assert "100 × 100 pixels, another shape than the picture’s 160 × 120" in lock.problem
    assert lock.made is not None


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"x" * 400, id="broken"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", id="not a picture"),
        pytest.param(made.encoded(Image.new("1", (9000, 9000)), "PNG"), id="huge"),
        pytest.param(made.encoded(RED, "PNG")[:150], id="cut off"),
    ],
)
def test_an_answer_that_is_no_good_picture_is_explained(answers: Answers, answer: bytes) -> None:
    lock = answers.lock(answer)
    assert lock.state == PixelLock.State.FAILED
    assert lock.problem.endswith(".")
    assert lock.locked is None


def test_pictures_of_print_and_with_sixteen_bits_are_laid_over_too(answers: Answers) -> None:
    assert answers.lock(RED.convert("CMYK"), kind="JPEG").state == PixelLock.State.DONE
    deep = Image.new("I;16", SIZE, 40_000)
    assert answers.lock(deep).state == PixelLock.State.DONE


def test_an_answer_without_a_picture_leaves_nothing_to_lock(answers: Answers) -> None:
    lock = answers.lock(None)
    assert (lock.state, lock.problem) == (PixelLock.State.FAILED, pixel_locks.NO_PICTURE)


def test_pages_are_told_and_the_pictures_are_the_conversations(answers: Answers) -> None:
    lock = answers.lock(RED)
    assert Fact.objects.filter(response=lock.response, kind=Fact.Kind.RESPONSE_UPDATED).count() == 1
    files = File.objects.filter(conversation=answers.conversation, response=lock.response)
    assert sorted(files.values_list("purpose", flat=True)) == ["heat", "locked", "result"]


def test_it_is_done_once_and_a_dead_process_does_not_keep_it(
    answers: Answers, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lock = answers.lock(RED)
    pixel_locks.settle(lock.pk)
    assert Fact.objects.filter(response=lock.response).count() == 1
    waiting = {"state": PixelLock.State.WAITING, "held_until": None, "tries": pixel_locks.MOST_TRIES}
    PixelLock.objects.filter(pk=lock.pk).update(**waiting)
    with django_assert_num_queries(1):
        assert pixel_locks.due() == [lock.pk]
    pixel_locks.settle(lock.pk)
    lock.refresh_from_db()
    assert (lock.state, lock.problem) == (PixelLock.State.FAILED, pixel_locks.GAVE_UP)


def test_a_lock_that_another_process_holds_is_left_alone(answers: Answers) -> None:
    lock = answers.lock(RED)
    until = timezone.now() + pixel_locks.HELD
    PixelLock.objects.filter(pk=lock.pk).update(state=PixelLock.State.WAITING, held_until=until)
    assert pixel_locks.due() == []
    pixel_locks.settle(lock.pk)
    lock.refresh_from_db()
    assert lock.state == PixelLock.State.WAITING


def test_a_deleted_picture_takes_what_was_made_of_it_along(answers: Answers, as_alice: Client) -> None:
    lock = answers.lock(RED)
    made_of_it = [lock.made_id, lock.locked_id, lock.heat_id]
    assert [as_alice.get(f"/files/{pk}/").status_code for pk in made_of_it] == [200, 200, 200]
    item = lock.response.items.get()
    items.delete(access.conversation_for(answers.user, answers.conversation.pk), item)
    assert [as_alice.get(f"/files/{pk}/").status_code for pk in made_of_it] == [404, 404, 404]
    purge_items(timezone.now(), ignore_grace=True)
    assert not File.objects.filter(pk__in=made_of_it).exists()


def test_the_gallery_shows_and_hands_out_the_locked_picture(answers: Answers, as_alice: Client) -> None:
    lock = answers.lock(RED)
    page = as_alice.get("/gallery/").content.decode()
    assert f"/files/{lock.locked_id}/" in page
    assert f"/files/{lock.made_id}/" not in page
    whole = as_alice.get(f"/gallery/{lock.made_id}/").content.decode()
    assert f"/files/{lock.locked_id}/" in whole


def test_the_preview_of_the_models_picture_is_its_own(answers: Answers, as_alice: Client) -> None:
    lock = answers.lock(RED)
    served = b"".join(as_alice.get(f"/files/{lock.made_id}/preview/").streaming_content)
    assert made.opened(served).convert("RGB").tobytes() == RED.tobytes()


def test_a_server_that_starts_alone_goes_on_with_what_the_last_one_was_at(answers: Answers) -> None:
    lock = answers.lock(RED)
    until = timezone.now() + pixel_locks.HELD
    PixelLock.objects.filter(pk=lock.pk).update(state=PixelLock.State.WAITING, held_until=until)
    assert pixel_locks.due() == []
    pixel_locks.release_all()
    assert pixel_locks.due() == [lock.pk]


def test_it_goes_with_its_conversation(answers: Answers, as_alice: Client) -> None:
    lock = answers.lock(RED)
    as_alice.post(f"/conversations/{answers.conversation.pk}/delete/")
    assert purging.purge_due(timezone.now(), ignore_grace=True).purged == 1
    assert not PixelLock.objects.filter(pk=lock.pk).exists()
    assert not File.objects.filter(pk__in=[lock.made_id, lock.locked_id, lock.heat_id]).exists()
