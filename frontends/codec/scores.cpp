#include "frontends/codec/scores.hpp"
