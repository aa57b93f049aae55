from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from rest_framework import exceptions, pagination
from rest_framework.request import Request
from rest_framework.response import Response

from operations import keyset


class KeysetPagination(pagination.BasePagination):
    """`{"next", "previous", "results"}`, 100 a page, oldest first; follow `next` until it is null."""

    page_size = 100
    parameters = ("after", "before")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        try:
            self.page = keyset.page(queryset, request.query_params, self.page_size)
        except ValidationError as error:
            raise exceptions.ValidationError(error.message_dict) from None
        return self.page.rows

    def _address(self, edge: tuple[str, int] | None) -> str | None:
        if edge is None:
            return None
        params = [
            (key, value)
            for key, values in self.request.query_params.lists()
            for value in values
            if key not in self.parameters
        ]
        return self.request.build_absolute_uri(f"{self.request.path}?{urlencode([*params, edge])}")

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {"next": self._address(self.page.next), "previous": self._address(self.page.previous), "results": data}
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": "string", "format": "uri", "nullable": True}
        further = {**address, "example": "https://pasi-connect.example.org/api/v1/list/?after=117"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": further, "previous": {**address, "example": None}, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        text = {"after": "Rows after this id.", "before": "Rows before this id."}
        return [
            {"name": name, "in": "query", "required": False, "description": text[name], "schema": {"type": "integer"}}
            for name in self.parameters
        ]
