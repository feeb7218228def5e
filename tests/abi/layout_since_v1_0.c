/* What has been appended to the structs of C ABI 1.0 since its layout was kept (layout_v1_0.c). */
#include <stdio.h>

#include "vectorizer/engine.h"

#define APPENDED(T, member, offset) _Static_assert(offsetof(T, member) == (offset), #T "." #member " has moved")

APPENDED(vz_field_index, language, 24);
APPENDED(vz_rows, plan, 88);
APPENDED(vz_rows, effort, 92);

#define VALUE(name, value) _Static_assert((name) == (value), #name " has another value")

VALUE(VZ_QUANTIZATION_UNCHANGED, 3u);
VALUE(VZ_NAME_BYTES_MAX, 255u);
VALUE(VZ_ID_BYTES_MAX, 256u);
VALUE(VZ_DIM_MAX, 65536u);
VALUE(VZ_DEGREE_MIN, 4u);
VALUE(VZ_DEGREE_MAX, 256u);
VALUE(VZ_BUILD_EFFORT_MIN, 8u);
VALUE(VZ_BUILD_EFFORT_MAX, 4096u);
VALUE(VZ_EFFORT_MAX, 65536u);
VALUE(VZ_HITS_MAX, 65536u);
VALUE(VZ_PAYLOAD_BYTES_MAX, 1048576u);
VALUE(VZ_BATCH_POINTS_MAX, 1000000u);

int main(void) {
    printf("GATE abi.appended PASS members=3 violations=0\n");
    return 0;
}
