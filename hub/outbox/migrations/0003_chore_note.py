"""What a chore's consumer must know and no event may keep."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outbox', '0002_chore'),
    ]

    operations = [
        migrations.AddField(
            model_name='chore',
            name='note',
            field=models.BinaryField(null=True),
        ),
    ]
