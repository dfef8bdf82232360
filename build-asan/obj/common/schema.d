build-asan/obj/common/schema.o: common/schema.c common/schema.h \
 common/limits.h common/strview.h common/schema.def
common/schema.h:
common/limits.h:
common/strview.h:
common/schema.def:
