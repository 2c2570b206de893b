"""What a computer showed has a time of its own, apart from pictures and files."""

from __future__ import annotations

import datetime as dt

from django.core.files.storage import default_storage
from django.utils import timezone

from conversations.models import File, User
from conversations.moderation import parts
from conversations.moderation.retention import Rules, preview
from tests.moderation.conftest import Make, add_file
from tests.moderation.rules import rule


def test_recordings_go_in_their_time_and_pictures_stay(make: Make, admin: User) -> None:
    conversation = make(age=50)
    then = timezone.now() - dt.timedelta(days=50)
    shown = add_file(conversation, conversation.responses.get(), b"screen", name="example.com", then=then)
    picture = add_file(conversation, conversation.responses.get(), b"pixels", name="lamp.png", then=then)
    File.objects.filter(pk__in=[shown.pk, picture.pk]).update(media_type="image/png")
    File.objects.filter(pk=shown.pk).update(purpose=File.Purpose.RECORDING)
    rule(admin, scope="site", recordings=True, days=30)
    promised = preview(Rules(timezone.now()))
    assert (promised.counts["recordings"], promised.counts["images"]) == (1, 0)
    assert parts.purge_parts(timezone.now()) == {"files": 0, "images": 0, "recordings": 1, "tool_data": 0, "logs": 0}
    shown.refresh_from_db()
    assert (shown.name, shown.purged_at is not None) == ("", True)
    assert default_storage.exists(picture.storage_name)
