build-asan/obj/common/batch.o: common/batch.c common/batch.h \
 common/schema.h common/limits.h common/strview.h common/schema.def \
 common/log.h
common/batch.h:
common/schema.h:
common/limits.h:
common/strview.h:
common/schema.def:
common/log.h:
