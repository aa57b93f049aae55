"""The base of every API view: what the address and the body may hold, previews, and writing once.

A writing call is one transaction. With `dry_run` the same work is rolled back before the answer: nothing is kept, nobody
is woken. What cannot run like that (files, calls to PASI) draws a preview of its own and is named in `previews`.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework import exceptions, permissions, serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from operations import bodies
from operations.actor import user_of
from operations.api import idempotency
from operations.api.parsers import BoundedJSONParser
from operations.rules.bodies import Kind
from operations.serializers import DRY_RUN, Strict

TEXTS = {"true": True, "false": False}


if TYPE_CHECKING:
    Base = GenericAPIView  # what every view has that this is mixed into
else:
    Base = object


class Resource(Base):
    # A mixin, first among the bases. It has no docstring: the API's description would show it at every address.

    # The serializer of each writing action's body; an action without one takes nothing but `dry_run`.
    bodies: ClassVar[Mapping[str, type[serializers.Serializer]]] = {}
    # What the address of an action may hold; the filters of a list speak for themselves.
    queries: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    # The actions that look at `self.dry_run` themselves and write nothing then.
    previews: ClassVar[frozenset[str]] = frozenset()
    # The actions after which their own object is no longer found, so that a replay cannot look for it.
    consumes: ClassVar[frozenset[str]] = frozenset({"destroy"})
    # False where PASI is called or large files are read meanwhile; every writing action is one of `previews` then.
    in_transaction: ClassVar[bool] = True
    # What a POST may bring along; nothing of it is read before the permission is known.
    takes_files: ClassVar[Kind | None] = None

    dry_run = False
    body: Mapping[str, Any] = {}

    @property
    def _action(self) -> str | None:
        """The view set's name for what is asked; None where the address has no such method."""
        return getattr(self, "action", None)

    def get_parsers(self) -> list[Any]:
        request = getattr(self, "request", None)
        if request is not None and request.method == "DELETE":
            return [BoundedJSONParser()]  # whatever else the view takes, nothing is uploaded to be removed
        return super().get_parsers()

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.once: idempotency.Once | None = None
        self.is_taken_back = False
        try:
            with ExitStack() as self.work:
                response = super().dispatch(request, *args, **kwargs)
                if self.is_taken_back and (self.dry_run or response.status_code >= 400):
                    transaction.set_rollback(True)
        except BaseException:
            if self.once is not None:
                self.once.forget()
            raise
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in permissions.SAFE_METHODS:
            self._check_query(request)
            return
        if self._action is None:
            return  # no such method here: that answer (405) comes next
        if self.takes_files and str(request.method).lower() in bodies.WITH_FILES:
            bodies.prepare(request._request, self.takes_files)
        self._read_writing(request)
        own_preview = self.dry_run and self._action in self.previews
        if self.in_transaction and not own_preview:
            self.work.enter_context(transaction.atomic())
            self.is_taken_back = True
        idempotency.check(request)
        if not self.dry_run:
            self._begin_once(request)

    def _begin_once(self, request: Request) -> None:
        try:
            self.once = idempotency.begin(request, self.body, self.in_transaction)
        except idempotency.Replay as replay:
            if self._action not in self.consumes:
                self.check_object()
            replay.allow(user_of(request))
            raise

    def check_object(self) -> None:
        """Raises what the action would for an object that the person may not see. Called before an answer is replayed."""
        view: Any = self
        if getattr(self, "lookup_field", None) in view.kwargs:
            view.get_object()

    def _check_query(self, request: Request) -> None:
        if self._action == "list" and getattr(self, "filter_backends", None):
            return  # the filters check it
        names = self.queries.get(self._action or "", ())
        refuse_unknown(request.query_params, names)

    def _read_writing(self, request: Request) -> None:
        refuse_unknown(request.query_params, (DRY_RUN, *self.queries.get(self._action or "", ())))
        data = request.data
        if not isinstance(data, Mapping):
            raise exceptions.ValidationError({"": [_("The body must be one JSON object.")]})
        values = {_truth(value) for value in request.query_params.getlist(DRY_RUN)}
        if DRY_RUN in data:
            values.add(_truth(data[DRY_RUN], is_text=isinstance(data, QueryDict)))
        if len(values) > 1:
            raise exceptions.ValidationError({DRY_RUN: [_("This member appears twice, with different values.")]})
        self.dry_run = True in values
        self.body = _without(data, DRY_RUN)
        if self._action not in self.bodies:
            Strict(data=self.body).is_valid(raise_exception=True)

    def read_body(self, instance: Any = None, *, partial: bool = False) -> dict[str, Any]:
        """What the caller sent, checked by the action's serializer."""
        assert self._action is not None
        serializer = self.bodies[self._action](instance, data=self.body, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def handle_exception(self, error: Exception) -> Response:
        if isinstance(error, idempotency.Replay):
            return error.response()
        return super().handle_exception(error)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.dry_run and response.status_code < 400:
            _mark_preview(response)
        elif self.once is not None:
            self.once.end(response)
        return response


def refuse_unknown(params: Mapping[str, Any], names: tuple[str, ...]) -> None:
    unknown = [name for name in params if name not in names]
    if unknown:
        message = _("Unknown parameter. Available parameters: %(names)s.") % {"names": ", ".join(names) or "-"}
        raise exceptions.ValidationError({name: [message] for name in unknown})


def _truth(value: Any, *, is_text: bool = True) -> bool:
    """Refuses 0 and "yes": a misunderstood preview must not be carried out."""
    truth = TEXTS.get(value.lower()) if is_text and isinstance(value, str) else value
    if isinstance(truth, bool):
        return truth
    raise exceptions.ValidationError({DRY_RUN: [_("Enter true or false.")]})


def _without(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if name not in data:
        return data
    if isinstance(data, QueryDict):
        rest: Any = data.__copy__()
        del rest[name]
        return rest
    return {key: value for key, value in data.items() if key != name}


def _mark_preview(response: Response) -> None:
    """A preview's new records have no key and no address. A job that draws a preview exists: 202 stays."""
    response["Dry-Run"] = "true"
    if response.status_code == status.HTTP_201_CREATED:
        response.status_code = status.HTTP_200_OK
    for name in ("ETag", "Location"):
        if name in response:
            del response[name]
