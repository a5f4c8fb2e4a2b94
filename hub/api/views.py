"""The viewset that every resource of the API is made from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed, NotAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from hub.api import idempotency, limits
from hub.api.answers import json_answer
from hub.api.client_addresses import client_address
from hub.api.etags import check_if_match, etag_of, is_known
from hub.api.models import IdempotentAnswer
from hub.api.negotiation import HubNegotiation
from hub.api.pagination import CURSOR, LIMIT, Listing, Ordering, Page
from hub.api.parameters import Parameter, check_parameters
from hub.api.parsers import MergePatchParser, StrictJSONParser
from hub.api.problems import exception_handler
from hub.api.requests import DEFAULT_LIMIT_BYTES, HubRequest
from hub.api.schema.operations import HubSchema
from hub.api.serializers import validated
from hub.api.suggestions import right_words, shown
from hub.kit.errors import Absent, InvalidInput, ScopeMissing

ModelT = TypeVar("ModelT", bound=Model)

ORDERING = "ordering"
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_WITH_PRECONDITION = frozenset({"PUT", "PATCH", "DELETE"})


class HubViewSet(GenericViewSet[ModelT]):
    """One resource, with the checks that all have in common.

    In this order, whatever the method: 401, 429, 405, 406, 413, 415, malformed JSON 400,
    403 `scope_missing`, 404, 403, 428 and 412, 400, 409.

    A slice gives `get_queryset()` (filtered by who asks, with all that `represent` touches),
    `represent()`, the scopes and the serializers of what is sent, and takes from
    `hub.api.actions` what its resource offers.
    """

    request: HubRequest
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    renderer_classes = [JSONRenderer]
    parser_classes = [StrictJSONParser, MergePatchParser]
    content_negotiation_class = HubNegotiation
    permission_classes = []
    filter_backends = []
    pagination_class = None
    metadata_class = None
    schema = HubSchema()

    required_scopes: ClassVar[Mapping[str, str | None]] = {}
    """Scope by action; None: any token will do. An action that is missing here is refused."""
    request_serializers: ClassVar[Mapping[str, type[BaseSerializer[Any]]]] = {}
    """What is sent, by action; `read()` uses it, and the schema."""
    response_serializers: ClassVar[Mapping[str, type[BaseSerializer[Any]]]] = {}
    """What `represent()` returns, by action, for the schema only. "retrieve" is the default."""
    success_statuses: ClassVar[Mapping[str, int]] = {}
    """For the schema, where it is neither 201 of "create", 204 of "destroy" nor 200."""
    noun: ClassVar[str] = ""
    """One of the resource, for the schema, where the class is not named after it. What an action
    does is the docstring of its method; those that all have in common need none."""
    path_parameters: ClassVar[Mapping[str, str | Parameter]] = {"pk": "Its id, as lists show it"}
    """For the schema: what the parts of the path name."""
    shown_once: ClassVar[Mapping[str, Any]] = {}
    """For the schema: an example of what only the answer to "create" shows."""
    etagless_actions: ClassVar[Collection[str]] = ()
    """For the schema: those whose answer bears no ETag, besides "list" and "destroy"."""
    query_parameters: ClassVar[Mapping[str, Mapping[str, str | Parameter]]] = {}
    """Filters by action, with a sentence each; paging and ordering are known by themselves."""
    orderings: ClassVar[Mapping[str, str]] = {}
    """Names that `ordering=[-]…` takes, and the column or annotation behind each."""
    default_ordering: ClassVar[str] = "-updated_at"
    """A column or annotation of the queryset, or `pk`."""
    if_match_required: ClassVar[bool] = False
    """Whether PATCH needs If-Match. One that is sent is honoured all the same."""
    keyless_actions: ClassVar[Collection[str]] = ()
    """POSTs that change nothing, where an Idempotency-Key means nothing either."""
    body_limit_bytes: ClassVar[int] = DEFAULT_LIMIT_BYTES
    is_public: ClassVar[bool] = False
    """Nobody is asked who they are."""

    answered_object_id: str = ""
    """Key of what this request created, for a later replay of its answer."""

    # What a slice says --------------------------------------------------------------------

    def represent(self, row: ModelT) -> dict[str, Any]:
        """The whole object as this caller sees it: values that JSON has, times, UUIDs."""
        raise NotImplementedError

    def represent_all(self, rows: Iterable[ModelT]) -> list[dict[str, Any]]:
        """The rows of a list; override it to fetch what they need at once."""
        return [self.represent(row) for row in rows]

    def filter_rows(self, queryset: QuerySet[ModelT]) -> QuerySet[ModelT]:
        """Apply the query parameters of a list."""
        return queryset

    def find_parent(self) -> None:
        """Find what the path names above the resource and keep it; raises Absent."""

    def check_rights(self) -> None:
        """Refuse, before an object is looked for, what the caller may not do to any."""

    def check_object_rights(self, row: ModelT) -> None:
        """Refuse with NotAllowed what the caller sees and may not do; asked on replays too."""

    def on_refusal(self, error: Exception) -> None:
        """Called for each 403, outside the transaction that it undid."""

    def location_of(self, row: ModelT) -> str:
        """Where GET finds what was just created."""
        key = quote(str(getattr(row, self.lookup_field)), safe="")
        return f"{settings.HUB_BASE_URL}{self.request.path}{key}/"

    # What actions are made from -----------------------------------------------------------

    def get_object(self) -> ModelT:
        """The row that the path names, if the caller may see it; raises Absent."""
        return self._find(self.get_queryset())

    def get_locked_object(self) -> ModelT:
        """As `get_object`, holding the row's lock: for changes, in a transaction."""
        return self._find(self.get_queryset().select_for_update(of=("self",), no_key=True))

    def read(
        self, serializer_class: type[BaseSerializer[Any]] | None = None, *, partial: bool = False
    ) -> Any:
        """The validated body. Raises DRF's ValidationError, which becomes 400 with pointers."""
        self.check_query()
        chosen = serializer_class or self.request_serializers[self.action]
        return validated(chosen, self.request.data, partial=partial)

    def check_precondition(self, row: ModelT, *, required: bool | None = None) -> None:
        """Compare If-Match with the row as this caller sees it now; see `check_if_match`."""
        if required is None:
            required = self.if_match_required
        if required or "If-Match" in self.request.headers:
            check_if_match(self.request, etag_of(self.represent(row)), required=required)
        self.check_query()

    def answer(self, row: ModelT) -> HttpResponse:
        """200 with the whole object and its ETag; 304 where the caller has it already."""
        representation = self.represent(row)
        etag = etag_of(representation)
        if self.request.method in {"GET", "HEAD"} and is_known(self.request, etag):
            return HttpResponse(status=304, headers={"ETag": etag})
        return json_answer(representation, headers={"ETag": etag})

    def created(self, row: ModelT, *, once: Mapping[str, Any] | None = None) -> HttpResponse:
        """201 with Location and the whole object; `once` adds what no GET shows."""
        self.answered_object_id = str(row.pk)
        representation = self.represent(row)
        return json_answer(
            {**representation, **(once or {})},
            status=201,
            headers={"Location": self.location_of(row), "ETag": etag_of(representation)},
        )

    def page(self, queryset: QuerySet[ModelT]) -> Page[ModelT]:
        """The page that the caller asks for; raises InvalidInput."""
        caller = self.request.caller
        return Listing(
            queryset=queryset,
            ordering=self._ordering(),
            path=self.request.path,
            parameters=self.request.query_params,
            organisation=caller.organisation if caller else "",
        ).page()

    def replay_allowed(self, stored: IdempotentAnswer) -> None:
        """Refuse to give a first answer again to one who may not see it any more."""
        if self._names_object():
            self.get_object()
        elif stored.object_id and not self.get_queryset().filter(pk=stored.object_id).exists():
            raise Absent

    # How a request goes -------------------------------------------------------------------

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        undeclared = set((actions or {}).values()) - set(cls.required_scopes)
        if undeclared and not cls.is_public:
            raise ImproperlyConfigured(
                f"{cls.__name__}.required_scopes lacks {', '.join(sorted(undeclared))}"
            )
        return super().as_view(actions, **initkwargs)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with translation.override("en"):  # errors are part of the interface: one language
            self.request = self.initialize_request(request)
            try:
                self._check(self.request)
                return self._handle()
            except Exception as error:  # noqa: BLE001 - the outermost border; raised again there
                return self._refuse(error)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HubRequest:
        self.action = self.action_map.get((request.method or "").lower(), "")
        hub_request = HubRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )
        hub_request.body_limit_bytes = self.body_limit_bytes
        return hub_request

    def _check(self, request: HubRequest) -> None:
        """All checks before the action itself, in the order of the class docstring."""
        if not self.is_public:
            self._authenticate(request)
        if not self.action:
            raise MethodNotAllowed(request.method or "")
        request.accepted_renderer, request.accepted_media_type = HubNegotiation().select_renderer(
            request, self.get_renderers()
        )
        if request.method in _WITH_BODY:
            request.data  # noqa: B018 - reading it is the check
        self._check_scope(request)
        if any("\0" in str(value) for value in self.kwargs.values()):
            raise Absent
        self.find_parent()
        self.check_rights()
        if not self._names_object():
            self.check_query()

    def check_query(self) -> None:
        """Refuse query parameters that the action does not know. Raises InvalidInput."""
        known = set(self.query_parameters.get(self.action, ()))
        if self.action == "list":
            known |= {LIMIT, CURSOR} | ({ORDERING} if self.orderings else set())
        check_parameters(self.request.query_params, known=known)

    def _authenticate(self, request: HubRequest) -> None:
        try:
            self.perform_authentication(request)
        except AuthenticationFailed:
            limits.count_failed_login(client_address(request))
            raise
        if request.caller is None:
            raise NotAuthenticated
        limits.count_request(request.caller.key)

    def _check_scope(self, request: HubRequest) -> None:
        if self.is_public or request.caller is None:
            return
        scope = self.required_scopes[self.action]
        given = request.caller.scopes
        if scope is not None and given is not None and scope not in given:
            raise ScopeMissing(f"This needs a token with the scope {scope}.")

    def _handle(self) -> HttpResponse:
        request = self.request
        once = request.method == "POST" and self.action not in self.keyless_actions
        if once and idempotency.HEADER in request.headers:
            return idempotency.answer_once(self, self._act)
        return self._act()

    def _act(self) -> HttpResponse:
        handler = getattr(self, self.action)
        response: HttpResponse = handler(self.request, *self.args, **self.kwargs)
        if isinstance(response, Response):
            self.headers = {}
            self.finalize_response(self.request, response)
            response.render()
        return response

    def _refuse(self, error: Exception) -> HttpResponse:
        response = exception_handler(error, {"view": self, "request": self.request})
        if response is None:
            raise error
        if response.status_code == 403:
            self.on_refusal(error)
        return response

    def _find(self, queryset: QuerySet[ModelT]) -> ModelT:
        lookup = {self.lookup_field: self.kwargs[self.lookup_url_kwarg or self.lookup_field]}
        try:
            row = queryset.filter(**lookup).first()
        except (TypeError, ValueError, ValidationError):  # no value of this kind
            row = None
        if row is None:
            raise Absent
        self.check_object_rights(row)
        if self.request.method not in _WITH_PRECONDITION:
            self.check_query()
        return row

    def _names_object(self) -> bool:
        return (self.lookup_url_kwarg or self.lookup_field) in self.kwargs

    def _ordering(self) -> Ordering:
        text = self.request.query_params.get(ORDERING)
        if text is None:
            return Ordering.parse(self.default_ordering)
        name = text.removeprefix("-")
        if name not in self.orderings:
            raise InvalidInput(
                f"Lists cannot be ordered by {shown(name)}. {right_words(name, self.orderings)}",
                pointer=f"/{ORDERING}",
                code="invalid_ordering",
            )
        return Ordering(column=self.orderings[name], descending=text.startswith("-"))
