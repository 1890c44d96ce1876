// Success or an errno. errno itself is set only at the edge (interpose/, api/).
#pragma once
#include <errno.h>

namespace snapshot {

struct [[nodiscard]] Status {
  int error = 0;
  constexpr bool ok() const { return error == 0; }
};

inline constexpr Status kOk{};

}  // namespace snapshot
