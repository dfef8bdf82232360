build-asan/obj/common/buf.o: common/buf.c common/log.h common/schema.h \
 common/limits.h common/strview.h common/schema.def
common/log.h:
common/schema.h:
common/limits.h:
common/strview.h:
common/schema.def:
