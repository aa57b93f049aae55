from rest_framework import serializers

from tests.lockers.models import Locker


class LockerSerializer(serializers.ModelSerializer):
    school = serializers.CharField(source="school.code", read_only=True)

    class Meta:
        model = Locker
        fields = ["id", "school", "number", "lent_until", "shelves", "key_holder", "deleted"]
        read_only_fields = fields
