# ocrdyn. `make` builds one static binary with musl (Debian: musl-tools,
# libbearssl-dev); `make CC=cc` a dynamic one with the system's libc, for
# development; `make BEARSSL=DIR` takes a BearSSL source tree built there.

VERSION = 0.1.0
ifeq ($(origin CC),default)
CC = musl-gcc
endif
HOSTCC = cc
CFLAGS = -Os
PREFIX = /usr/local
MANDIR = $(PREFIX)/share/man
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d
CA_BUNDLE = /etc/ssl/certs/ca-certificates.crt

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wvla -Wstrict-prototypes
# Debian's headers come after the libc's own: musl-gcc has no /usr/include, nor
# the folder of libbearssl.a
BEARSSL_INC = -idirafter /usr/include
BEARSSL_LIB = -lbearssl
ifneq ($(filter %musl-gcc,$(CC)),)
# Without exceptions, BearSSL's unwind tables are of no use (11 KB); segments
# need not begin on the file's pages (8 KB); and at a fixed address the tables
# of pointers need no pages of their own (14 KB of memory).
STATIC = -static -s -Wl,-z,noseparate-code -Wl,-T,build/discard.ld
FIXED = -fno-pie
BEARSSL_LIB = $(shell $(HOSTCC) -print-file-name=libbearssl.a)
endif
ifdef BEARSSL
BEARSSL_INC = -isystem $(BEARSSL)/inc
BEARSSL_LIB = $(BEARSSL)/build/libbearssl.a
endif
# of the machine that builds, for mkanchors
HOST_LIB = $(BEARSSL_LIB)

COMPILE = $(CC) -std=c11 -D_GNU_SOURCE $(WARN) $(CFLAGS) -ffunction-sections \
	-fdata-sections -fno-asynchronous-unwind-tables $(FIXED) \
	-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -ffile-prefix-map=$(CURDIR)=. \
	-DOCRDYN_VERSION='"$(VERSION)"' $(BEARSSL_INC)
LINK = $(CC) $(CFLAGS) -Wl,--gc-sections $(STATIC) $(LDFLAGS)

SOURCES = $(filter-out mkanchors.c,$(sort $(wildcard *.c)))
OBJECTS = $(SOURCES:%.c=build/%.o) build/anchors.o
HEADERS = $(wildcard *.h)

all: ocrdyn

ocrdyn: $(OBJECTS) build/discard.ld
	$(LINK) -o $@ $(OBJECTS) $(BEARSSL_LIB)

build/%.o: %.c $(HEADERS) Makefile | build
	$(COMPILE) -c -o $@ $<

# where the time goes
build/json.o build/picks.o: CFLAGS = -O2

build/anchors.o: build/anchors.c $(HEADERS)
	$(COMPILE) -I. -c -o $@ $<

# the trust anchors of this machine's bundle, as a table
build/anchors.c: build/mkanchors $(CA_BUNDLE)
	build/mkanchors $(CA_BUNDLE) > $@.tmp
	mv $@.tmp $@

MKANCHORS = mkanchors.c buf.c cert.c clock.c der.c net.c tls.c x509.c
build/mkanchors: $(MKANCHORS) $(HEADERS) | build
	$(HOSTCC) -std=c11 -D_GNU_SOURCE -O1 $(BEARSSL_INC) -o $@ $(MKANCHORS) \
		$(HOST_LIB)

build/discard.ld: | build
	echo 'SECTIONS { /DISCARD/ : { *(.eh_frame) } } INSERT BEFORE .text;' > $@

build:
	mkdir -p build

install: ocrdyn
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(MANDIR)/man1
	install -m 755 ocrdyn $(DESTDIR)$(PREFIX)/bin/ocrdyn
	install -m 644 ocrdyn.1 $(DESTDIR)$(MANDIR)/man1/ocrdyn.1
	# what was built for another machine cannot print these
	! ./ocrdyn -V >/dev/null 2>&1 || for to in bash:$(BASHDIR)/ocrdyn \
		zsh:$(ZSHDIR)/_ocrdyn fish:$(FISHDIR)/ocrdyn.fish; do \
		./ocrdyn --completion $${to%%:*} >build/completion && install -D \
			-m 644 build/completion "$(DESTDIR)$${to#*:}" || exit; done

# ---- tests (all of it explained in README.md)

# Unit tests and the drivers of the differential tests: with the system's libc
# and sanitizers, each linked with the files that it is about.
SANITIZE = address,undefined
TESTCC = cc -std=c11 -D_GNU_SOURCE $(WARN) -g -O1 -fsanitize=$(SANITIZE) \
	-fno-sanitize-recover=all
TESTS = build/test_checkpoint build/test_clock build/test_http \
	build/test_json build/test_net build/test_pace build/test_process \
	build/test_proxy build/test_rows build/test_sigv4
DRIVERS = build/endpoint_filter build/json_filter build/rows_filter \
	build/sigv4_filter build/x509_filter

# what a connection is made of
HTTP = http.c proxy.c net.c tls.c x509.c cert.c der.c clock.c buf.c

build/test_checkpoint: checkpoint.c
build/test_clock: clock.c
build/endpoint_filter: endpoint.c profile.c $(HTTP)
build/test_http build/test_proxy: $(HTTP)
build/test_json build/json_filter: json.c picks.c
build/test_net: net.c
build/test_pace: pace.c
build/test_process: process.c clock.c buf.c
build/test_rows build/rows_filter: rows.c json.c picks.c
build/test_sigv4 build/sigv4_filter: sigv4.c buf.c
build/x509_filter: x509.c cert.c der.c clock.c buf.c
# it looks for keys left on the stack, which AddressSanitizer moves
build/test_sigv4: SANITIZE = undefined

$(TESTS) $(DRIVERS): build/%: tests/%.c tests/test.h $(HEADERS) | build
	$(TESTCC) -o $@ $(filter %.c,$^) -lbearssl

demo:
	tests/setup.sh demo
	$(MAKE) --no-print-directory all
	/usr/bin/python3 tests/demo.py

check:
	tests/setup.sh check
	$(MAKE) --no-print-directory all $(TESTS) $(DRIVERS)
	tests/check.sh

# the sources and static binaries of all machines, in dist/
dist:
	tests/setup.sh dist
	packaging/dist.sh

# the integration tests on those binaries; CROSS=tests is all of them
CROSS = tests/test_extract.py tests/test_run.py tests/test_tls.py
check-cross: dist
	tests/setup.sh check
	tests/cross.sh $(CROSS)

clean:
	rm -rf build dist ocrdyn

# longer than the few seconds of it in check: each target for FUZZ seconds
FUZZ = 60
fuzz:
	tests/setup.sh check
	tests/fuzz.sh $(FUZZ)

# memory, connections and pace over 200,000 images
soak: all
	/usr/bin/python3 tests/soak.py

# ocrdyn beside other ways to do its job, json.c beside yajl (README.md)
ROUNDS = 7
# what reads the trust anchors
TRUST = buf.c cert.c clock.c der.c fortify.c net.c tls.c x509.c
BENCH = build/measure build/floor build/curl_yajl build/bench_json
bench:
	tests/setup.sh bench
	$(MAKE) --no-print-directory all $(BENCH)
	/usr/bin/python3 tests/bench/run.py $(ROUNDS)

build/measure: tests/bench/measure.c | build
	$(LINK) -o $@ $<
build/floor: tests/bench/floor.c $(TRUST) build/anchors.o | build
	$(COMPILE) -O2 $(STATIC) -o $@ $^ $(BEARSSL_LIB)
build/curl_yajl: tests/bench/curl_yajl.c | build
	cc -std=c11 -D_GNU_SOURCE $(WARN) -O2 -o $@ $< -lcurl -lyajl
build/bench_json: tests/bench_json.c json.c picks.c $(HEADERS) | build
	cc -std=c11 -D_GNU_SOURCE -O2 -o $@ $(filter %.c,$^) -lyajl

# one run over N ids: memory, time, rows
N = 1000000
scale:
	tests/setup.sh check
	$(MAKE) --no-print-directory all
	/usr/bin/python3 tests/bench/scale.py $(N)

.PHONY: all install demo check dist check-cross fuzz soak bench scale clean
