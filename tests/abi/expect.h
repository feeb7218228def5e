/* What the C tests share: expectations that count, requests that start zeroed, a directory of their own.
 * EXPECT_STATUS looks at a vz_error named `error` in the caller's scope, which the call under test is given. */
#ifndef VECTORIZER_TESTS_ABI_EXPECT_H
#define VECTORIZER_TESTS_ABI_EXPECT_H

#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectorizer/engine.h"

extern atomic_int expect_checks;
extern atomic_int expect_failures;

#define NEW(T) ((T){.struct_size = (uint32_t)sizeof(T)})
#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

#define EXPECT(condition) expect_true(__FILE__, __LINE__, #condition, (condition) ? 1 : 0)
#define EXPECT_STATUS(wanted, call)                                       \
    do {                                                                  \
        memset(&error, 0, sizeof(error));                                 \
        const vz_status got_ = (call);                                    \
        expect_status(__FILE__, __LINE__, #call, (wanted), got_, &error); \
    } while (0)

static inline vz_str text(const char* chars) {
    const vz_str string = {chars, chars == NULL ? 0 : strlen(chars)};
    return string;
}

static inline int same_text(vz_str left, vz_str right) {
    return left.size == right.size && (left.size == 0 || memcmp(left.data, right.data, left.size) == 0);
}

static inline void expect_true(const char* file, int line, const char* what, int holds) {
    atomic_fetch_add(&expect_checks, 1);
    if (holds) return;
    atomic_fetch_add(&expect_failures, 1);
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
}

static inline void expect_status(const char* file, int line, const char* what, vz_status wanted, vz_status got,
                                 const vz_error* error) {
    atomic_fetch_add(&expect_checks, 1);
    if (got == wanted && (got == VZ_OK || error->status == got)) return;
    atomic_fetch_add(&expect_failures, 1);
    fprintf(stderr, "%s:%d: %s\n  wanted %s, got %s; error: %s reason %u item %lld field '%s' message '%s'\n", file,
            line, what, vz_status_name(wanted), vz_status_name(got), vz_status_name(error->status), error->reason,
            (long long)error->item, error->field, error->message);
}

/* Creates a directory and writes its path, 64 bytes at most. */
static inline void make_directory(char path[64]) {
    strcpy(path, "/tmp/vz-abi-XXXXXX");
    if (mkdtemp(path) == NULL) {
        perror("mkdtemp");
        exit(1);
    }
}

static inline int remove_entry(const char* path, const struct stat* status, int kind, struct FTW* where) {
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline void remove_directory(const char* path) { nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS); }

static inline int finish(const char* gate) {
    const int checks = atomic_load(&expect_checks);
    const int failures = atomic_load(&expect_failures);
    printf("GATE %s %s checks=%d violations=%d\n", gate, failures == 0 && checks > 0 ? "PASS" : "FAIL", checks,
           failures);
    return failures == 0 && checks > 0 ? 0 : 1;
}

#endif
