#include "frontends/codec/points.hpp"
