build-asan/unit/test_runtime: tests/unit/test_runtime.c common/config.h \
 common/log.h common/config_keys.def common/runtime.h
common/config.h:
common/log.h:
common/config_keys.def:
common/runtime.h:
