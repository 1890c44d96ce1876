// Random numbers whose state the program keeps.
#include <stdlib.h>

#include "interpose/stub.h"
#include "interpose/written.h"

namespace snapshot {
namespace {

using State48 = unsigned short[3];

template <typename State, typename Result>
Result advanced(State *state, Result result) {
  written_object(state);
  return result;
}
int slow_rand_r(unsigned *state) noexcept { return advanced(state, SNAPSHOT_REAL(rand_r)(state)); }
double slow_erand48(unsigned short *state) noexcept {
  return advanced(reinterpret_cast<State48 *>(state), SNAPSHOT_REAL(erand48)(state));
}
long slow_nrand48(unsigned short *state) noexcept {
  return advanced(reinterpret_cast<State48 *>(state), SNAPSHOT_REAL(nrand48)(state));
}
long slow_jrand48(unsigned short *state) noexcept {
  return advanced(reinterpret_cast<State48 *>(state), SNAPSHOT_REAL(jrand48)(state));
}

}  // namespace

SNAPSHOT_STUB(int, rand_r, (unsigned *) noexcept, "rdi", slow_rand_r);
SNAPSHOT_STUB(double, erand48, (unsigned short *) noexcept, "rdi", slow_erand48);
SNAPSHOT_STUB(long, nrand48, (unsigned short *) noexcept, "rdi", slow_nrand48);
SNAPSHOT_STUB(long, jrand48, (unsigned short *) noexcept, "rdi", slow_jrand48);

// State and result.
SNAPSHOT_EXPORT int drand48_r(drand48_data *state, double *result) noexcept {
  const int status = SNAPSHOT_REAL(drand48_r)(state, result);
  written_object(state);
  written_object(result);
  return status;
}
SNAPSHOT_EXPORT int lrand48_r(drand48_data *state, long *result) noexcept {
  const int status = SNAPSHOT_REAL(lrand48_r)(state, result);
  written_object(state);
  written_object(result);
  return status;
}
SNAPSHOT_EXPORT int mrand48_r(drand48_data *state, long *result) noexcept {
  const int status = SNAPSHOT_REAL(mrand48_r)(state, result);
  written_object(state);
  written_object(result);
  return status;
}
SNAPSHOT_EXPORT int srand48_r(long seed, drand48_data *state) noexcept {
  return advanced(state, SNAPSHOT_REAL(srand48_r)(seed, state));
}

}  // namespace snapshot
