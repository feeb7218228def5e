#include "frontends/codec/collection.hpp"
