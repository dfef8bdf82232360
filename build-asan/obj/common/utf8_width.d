build-asan/obj/common/utf8_width.o: common/utf8_width.c \
 common/utf8_private.h
common/utf8_private.h:
