#include "frontends/codec/failure.hpp"
