// The canary of the end-to-end tests: damage done on purpose, which the examples' checks must find. Without
// it a check that accepts anything would make every other test here pass.
#pragma once

#include <string>

#include "subject.h"

namespace e2e {

// Throws if some damage is not found. Runs the plain build only.
void prove_that_damage_is_found(const Subject &subject, const std::string &parent_dir, std::uint64_t seed);

}  // namespace e2e
