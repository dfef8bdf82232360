build-asan/obj/common/schema_decode.o: common/schema_decode.c \
 common/log.h common/msgscan.h common/schema.h common/limits.h \
 common/strview.h common/schema.def
common/log.h:
common/msgscan.h:
common/schema.h:
common/limits.h:
common/strview.h:
common/schema.def:
