"""The plain view: a token, a serializer, one INSERT."""

from __future__ import annotations

from rest_framework import generics, serializers

from bench.plain.models import Filing


class FilingSerializer(serializers.ModelSerializer[Filing]):
    class Meta:
        model = Filing
        exclude = ["owner"]


class FilingView(generics.CreateAPIView[Filing]):
    queryset = Filing.objects.all()
    serializer_class = FilingSerializer

    def perform_create(self, serializer: serializers.BaseSerializer[Filing]) -> None:
        serializer.save(owner=self.request.user)
