# dd-process-agent. `make help` lists the targets.

PREFIX     ?= /usr
DESTDIR    ?=
SYSCONFDIR ?= /etc
SBINDIR     = $(DESTDIR)$(PREFIX)/sbin
BINDIR      = $(DESTDIR)$(PREFIX)/bin
MANDIR      = $(DESTDIR)$(PREFIX)/share/man
SAN        ?=
CC         ?= cc
FUZZ_CC    ?= clang

B := build$(if $(SAN),-$(SAN))

PKGS_common     := libevent_core msgpack libcap inih
PKGS_collectord := libpcre2-8
PKGS_taggerd    := jansson libevent libevent_openssl libpcre2-8 openssl
PKGS_shipperd   := libevent libevent_openssl openssl libzstd libprotobuf-c \
                   sqlite3
PKGS_ddproc     := jansson ncursesw
PKGS            := $(PKGS_common) $(PKGS_collectord) $(PKGS_taggerd) \
                   $(PKGS_shipperd) $(PKGS_ddproc)

# A program is every source file in its folder.
sources = $(notdir $(sort $(wildcard $(1)/*.c)))
SRC_common     := $(call sources,common)
SRC_collectord := $(call sources,collectord)
SRC_taggerd    := $(call sources,taggerd)
SRC_shipperd   := $(call sources,shipperd)
SRC_ddproc     := $(call sources,ddproc)
PROGRAMS := collectord taggerd shipperd ddproc

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wconversion -Werror
HARDEN := -fPIE -fstack-protector-strong -fstack-clash-protection \
	-fcf-protection $(if $(SAN),,-D_FORTIFY_SOURCE=2)
LDHARDEN := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed
SANFLAGS_asan  := -fsanitize=address -fno-omit-frame-pointer
SANFLAGS_ubsan := -fsanitize=undefined -fno-sanitize-recover=all
SANFLAGS_tsan  := -fsanitize=thread
OPT      ?= -O2 -g
CFLAGS   := -std=c11 -D_GNU_SOURCE $(OPT) $(WARN) $(HARDEN) $(SANFLAGS_$(SAN))
LDFLAGS  := $(LDHARDEN) $(SANFLAGS_$(SAN))
CPPFLAGS := -iquote . -iquote $(B)/gen \
	$(shell pkg-config --cflags $(PKGS) 2>/dev/null)

# Quiet while `make deps` has not been here yet.
libs = $(shell pkg-config --libs $(1) 2>/dev/null)

OBJ_common = $(SRC_common:%.c=$(B)/obj/common/%.o)
# Everything of a program but main, for its tests and fuzzers as well.
define program_lists
OBJ_$(1) = $(addprefix $(B)/obj/$(1)/,$(patsubst %.c,%.o,$(filter-out main.c,$(SRC_$(1)))))
LIBS_$(1) = $$(call libs,$(PKGS_common) $(PKGS_$(1)))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_lists,$(p))))
OBJ_shipperd += $(B)/obj/gen/agent.pb-c.o

# One short line a step; V=1 shows the commands.
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $@;)

LINT_C = $(wildcard common/*.c $(PROGRAMS:%=%/*.c))
LINT_H = $(wildcard common/*.h $(PROGRAMS:%=%/*.h) tests/*/*.[ch])

.DELETE_ON_ERROR:
.PHONY: all deps deps-check deps-lint deps-bench users run check lint fuzz bench install \
	uninstall clean help unit-programs fuzz-programs fuzz-run lint-run

all: $(PROGRAMS:%=$(B)/%) ## build the four programs into build/

$(B)/obj/common/%.o: common/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

define program_rules
$(B)/obj/$(1)/%.o: $(1)/%.c
	@mkdir -p $$(@D)
	$$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $$@ $$<

$(B)/$(1): $(B)/obj/$(1)/main.o $$(OBJ_$(1)) $(B)/libcommon.a
	$$(call say,LD)$(CC) $(LDFLAGS) -o $$@ $$^ $$(LIBS_$(1))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rules,$(p))))

$(B)/libcommon.a: $(OBJ_common)
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $^

$(B)/gen/agent.pb-c.c $(B)/gen/agent.pb-c.h &: shipperd/agent.proto
	@mkdir -p $(B)/gen
	$(call say,GEN)protoc-c --proto_path=shipperd --c_out=$(B)/gen $<
$(B)/obj/gen/agent.pb-c.o: $(B)/gen/agent.pb-c.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-conversion -c -o $@ $<
$(SRC_shipperd:%.c=$(B)/obj/shipperd/%.o): $(B)/gen/agent.pb-c.h

include tests/tests.mk

unit-programs: $(UNIT)
fuzz-programs: $(FUZZ:%=$(F)/fuzz_%)

fuzz-run: fuzz-programs
	@for t in $(FUZZ); do \
	    mkdir -p $(F)/corpus-$$t; \
	    ASAN_OPTIONS=quarantine_size_mb=64 \
	    $(F)/fuzz_$$t -max_total_time=$(FUZZ_SECONDS) -timeout=5 \
	        -rss_limit_mb=512 -artifact_prefix=$(F)/ $(F)/corpus-$$t \
	        tests/fuzz/seeds/$$t || exit 1; \
	done

lint-run:
	@clang-format --dry-run -Werror $(LINT_C) $(LINT_H)
	@cppcheck -q --enable=warning,performance,portability --std=c11 \
	    --inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
	    -I . -I $(B)/gen $(PROGRAMS) common
	@printf '%s\n' $(LINT_C) | xargs -P 2 -I {} clang-tidy --quiet {} -- \
	    -std=c11 -D_GNU_SOURCE $(CPPFLAGS)
	@for page in */*.[158]; do mandoc -Tlint -W warning $$page || exit 1; done

# What is missing is named, then installed by apt-get: packages for the build,
# for the tests, for the benchmark's peers.
DEPS := build-essential pkg-config libevent-dev libssl-dev libmsgpack-dev \
	libcap-dev libinih-dev libsqlite3-dev libzstd-dev libprotobuf-c-dev \
	protobuf-c-compiler libjansson-dev libpcre2-dev libncurses-dev
DEPS_CHECK := libcmocka-dev clang libclang-rt-14-dev python3-pytest \
	python3-pytest-xdist python3-protobuf python3-msgpack python3-yaml \
	python3-zstandard python3-cryptography protobuf-compiler docker.io \
	busybox-static iproute2 openssl mandoc tmux procps squid tinyproxy \
	dante-server stunnel4 nginx-light strace
DEPS_LINT := clang-format clang-tidy cppcheck mandoc
DEPS_BENCH := golang-go golang-github-containerd-cgroups-dev \
	golang-github-shirou-gopsutil-dev netdata-core \
	prometheus-process-exporter python3-psutil procps systemd
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

define need
	@missing=$$(dpkg-query -W -f '$${Package} $${Status}\n' $(1) 2>/dev/null | \
	    awk '/ installed$$/{print $$1}' | sort | \
	    comm -13 - <(printf '%s\n' $(1) | sort)); \
	[ -z "$$missing" ] || { \
	    echo "installing with apt-get:" $$missing; \
	    $(SUDO) apt-get -q update && \
	    $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
	        --no-install-recommends $$missing; }
endef

deps: SHELL := /bin/bash
deps: ## install what the build needs (Debian packages)
	$(call need,$(DEPS))

deps-check: SHELL := /bin/bash
deps-check: deps ## and what the tests need
	$(call need,$(DEPS_CHECK))

deps-lint: SHELL := /bin/bash
deps-lint: deps-check
	$(call need,$(DEPS_LINT))

deps-bench: SHELL := /bin/bash
deps-bench: deps-check ## and the benchmark's peers
	$(call need,$(DEPS_BENCH))

users: ## create the three system users and their group
	@getent group dd-agent >/dev/null || { \
	    echo "creating system group dd-agent"; \
	    $(SUDO) groupadd --system dd-agent; }
	@for u in dd-collector dd-tagger dd-shipper; do \
	    getent passwd $$u >/dev/null || { \
	        echo "creating system user $$u"; \
	        $(SUDO) useradd --system --gid dd-agent --no-create-home \
	            --home-dir /nonexistent --shell /usr/sbin/nologin $$u; } \
	    || exit 1; \
	done

# As many as there are CPUs, unless make was told.
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

# The packages must be there before make looks for them, so in two steps.
run: ## install what is missing, build, and show this host's processes live
	@$(MAKE) --no-print-directory deps users
	@$(MAKE) --no-print-directory all
	@tests/run.sh $(B)

check: ## install what is missing, build, and run every test
	@$(MAKE) --no-print-directory deps-check users
	@$(MAKE) --no-print-directory $(JOBS) all unit-programs fuzz-programs
	@$(MAKE) --no-print-directory $(JOBS) SAN=asan unit-programs
	@tests/check.sh

lint: deps-lint ## formatting, clang-tidy, cppcheck, man pages
	@$(MAKE) --no-print-directory all lint-run

fuzz: deps-check ## fuzz every parser for FUZZ_SECONDS (30) each
	@$(MAKE) --no-print-directory fuzz-run

bench: deps-bench users ## measure against peers; prints tables
	@$(MAKE) --no-print-directory all bench-programs bench-run

INSTALLED := $(SBINDIR)/collectord $(SBINDIR)/taggerd $(SBINDIR)/shipperd \
	$(BINDIR)/ddproc $(DESTDIR)$(SYSCONFDIR)/init.d/dd-process-agent \
	$(MANDIR)/man8/collectord.8 $(MANDIR)/man8/taggerd.8 \
	$(MANDIR)/man8/shipperd.8 $(MANDIR)/man1/ddproc.1 \
	$(MANDIR)/man5/datadog.conf.5 \
	$(DESTDIR)$(SYSCONFDIR)/dd-agent/datadog.conf.example

install: all $(if $(DESTDIR),,users) ## install below DESTDIR and PREFIX (/usr)
	install -d $(SBINDIR) $(BINDIR) $(MANDIR)/man1 $(MANDIR)/man5 \
	    $(MANDIR)/man8 $(DESTDIR)$(SYSCONFDIR)/init.d \
	    $(DESTDIR)$(SYSCONFDIR)/dd-agent
	install -m 755 $(B)/collectord $(B)/taggerd $(B)/shipperd $(SBINDIR)
	install -m 755 $(B)/ddproc $(BINDIR)
	sed 's|@SBINDIR@|$(PREFIX)/sbin|' etc/init.d/dd-process-agent \
	    >$(DESTDIR)$(SYSCONFDIR)/init.d/dd-process-agent
	chmod 755 $(DESTDIR)$(SYSCONFDIR)/init.d/dd-process-agent
	install -m 644 collectord/collectord.8 taggerd/taggerd.8 \
	    shipperd/shipperd.8 $(MANDIR)/man8
	install -m 644 ddproc/ddproc.1 $(MANDIR)/man1
	install -m 644 common/datadog.conf.5 $(MANDIR)/man5
	install -m 644 etc/dd-agent/datadog.conf.example \
	    $(DESTDIR)$(SYSCONFDIR)/dd-agent
	[ -d $(DESTDIR)/var/log/datadog ] || \
	    install -d -m 775 $(if $(DESTDIR),,-g dd-agent) \
	        $(DESTDIR)/var/log/datadog

uninstall: ## remove what install put there; configuration and logs stay
	rm -f $(INSTALLED)

clean: ## remove everything that was built
	rm -rf build build-asan build-ubsan build-tsan build-fuzz

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{sub(/:.*/, "", $$1); \
	    printf "  %-10s %s\n", $$1, $$2}' \
	    $(MAKEFILE_LIST)

-include $(shell find $(B)/obj $(B)/unit -name '*.d' 2>/dev/null)
