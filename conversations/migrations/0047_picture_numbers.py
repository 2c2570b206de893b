from django.db import migrations, models

NUMBER = """
    UPDATE conversations_file SET number = counted.number FROM (
        SELECT id, ROW_NUMBER() OVER (PARTITION BY conversation_id ORDER BY response_id, created_at, id) AS number
        FROM conversations_file WHERE purpose = 'result' AND response_id IS NOT NULL
    ) AS counted WHERE conversations_file.id = counted.id
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0046_unread")]

    operations = [
        migrations.AddField(
            model_name="file",
            name="number",
            field=models.PositiveIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(NUMBER, migrations.RunSQL.noop),
    ]
