"""The clients of both libraries fit the Protocol, and our adapter fits the port, as typed."""

import httpx
import httpx2

from wfadmin.adapters import restate
from wfadmin.ports.engine import EngineFactory
from wfadmin.wire.clients import HttpClient

_httpx: type[HttpClient] = httpx.AsyncClient
_httpx2: type[HttpClient] = httpx2.AsyncClient
_factory: EngineFactory = restate.connect
