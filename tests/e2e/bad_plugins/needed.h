/* What helped.c has its library do. */
#ifndef BAD_PLUGINS_NEEDED_H
#define BAD_PLUGINS_NEEDED_H

#include "vectorizer/engine.h"

vz_result* needed_hold(vz_engine* engine);
void needed_misuse(vz_engine* engine);
void needed_nap(vz_engine* engine); /* in a completion */

#endif
