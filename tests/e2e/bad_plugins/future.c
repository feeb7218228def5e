/* What a later minor of the library would offer: only linked against, never loaded. */
#include <stdint.h>

uint32_t vz_from_the_future(void);
uint32_t vz_from_the_future(void) { return 9; }
