/* What has been appended to the structs of C ABI 1.0 since its layout was kept (layout_v1_0.c). */
#include <stdio.h>

#include "vectorizer/engine.h"

#define APPENDED(T, member, offset) _Static_assert(offsetof(T, member) == (offset), #T "." #member " has moved")

APPENDED(vz_field_index, language, 24);
APPENDED(vz_rows, plan, 88);
APPENDED(vz_rows, effort, 92);

int main(void) {
    printf("GATE abi.appended PASS members=3 violations=0\n");
    return 0;
}
