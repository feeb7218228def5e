#include "tests/abi/expect.h"

atomic_int expect_checks;
atomic_int expect_failures;
