"""
What only the gRPC API of a sidecar can do: list, read histories, purge by force, run again.

It needs the extra `dapr-grpc`; nothing of it is imported before the first call. Seen live on
1.18.3, and read in the source of 1.17 to 1.19.
"""

from wfadmin.adapters.dapr.grpc.side import DaprGrpc, connect_grpc

__all__ = ["DaprGrpc", "connect_grpc"]
