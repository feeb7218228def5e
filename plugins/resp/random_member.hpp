#pragma once

#include "plugins/resp/session.hpp"

namespace resp {

// VRANDMEMBER key [count]: an element; or `count` different ones; or, below zero, as many that may repeat.
void vrandmember(Session& session, Arguments arguments);

}  // namespace resp
