"""Forwards the names of rules_proto to Bazel's native rules."""

proto_lang_toolchain = native.proto_lang_toolchain
proto_library = native.proto_library
ProtoInfo = ProtoInfo
