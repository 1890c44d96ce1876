#include "exit_code.h"

#include <errno.h>

namespace snapctl {

ExitCode exit_code_for(int error) {
  switch (error) {
    case 0:
      return ExitCode::fine;
    case EBADMSG:
    case ESTALE:
    case EINVAL:
    case EISDIR:
    case ELOOP:
      return ExitCode::refused;
    case EAGAIN:
      return ExitCode::busy;
    default:
      return ExitCode::system;
  }
}

ExitCode worse(ExitCode a, ExitCode b) {
  const auto rank = [](ExitCode code) {
    switch (code) {
      case ExitCode::usage:
      case ExitCode::system:
        return 6;
      case ExitCode::refused:
        return 5;
      case ExitCode::busy:
        return 4;
      case ExitCode::pending:
        return 3;
      case ExitCode::stale:
        return 2;
      case ExitCode::partial:
        return 1;
      case ExitCode::fine:
        return 0;
    }
    return 6;
  };
  return rank(a) >= rank(b) ? a : b;
}

}  // namespace snapctl
