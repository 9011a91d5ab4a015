"""One rule for fuzz targets: a libFuzzer binary under --config=fuzz, a corpus replay otherwise."""

def fuzz_test(name, srcs, corpus, deps = [], size = "small"):
    """Declares a fuzz target with its seed corpus.

    Under `--config=fuzz` the target is a libFuzzer program. In every other configuration it is a
    test that feeds each corpus file to the same entry point once, so that finds stay found.

    Args:
      name: target name, by convention `<what>_fuzz`.
      srcs: sources defining LLVMFuzzerTestOneInput.
      corpus: glob of seed files.
      deps: libraries under test.
      size: Bazel's test size.
    """
    native.config_setting(
        name = name + "_libfuzzer",
        values = {"define": "culvert_fuzz=1"},
    )
    native.cc_test(
        name = name,
        size = size,
        srcs = srcs,
        args = ["$(locations %s)" % f for f in corpus],
        data = corpus,
        linkopts = select({
            ":" + name + "_libfuzzer": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        deps = deps + select({
            ":" + name + "_libfuzzer": [],
            "//conditions:default": ["//tests/support:fuzz_replay_main"],
        }),
    )
