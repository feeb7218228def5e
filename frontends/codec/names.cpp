#include "frontends/codec/names.hpp"
