// qsort and qsort_r. The array is marked before and after: the program's comparison may leave by an exception
// or by longjmp, with the array rearranged in part, and what was marked before is then in the next commit.
#include <stdlib.h>

#include "interpose/stub.h"
#include "interpose/written.h"

namespace snapshot {
namespace {

void slow_qsort(void *array, size_t count, size_t item_bytes, __compar_fn_t compare) {
  written(array, count * item_bytes);
  SNAPSHOT_REAL(qsort)(array, count, item_bytes, compare);
  written(array, count * item_bytes);
}
void slow_qsort_r(void *array, size_t count, size_t item_bytes, __compar_d_fn_t compare, void *context) {
  written(array, count * item_bytes);
  SNAPSHOT_REAL(qsort_r)(array, count, item_bytes, compare, context);
  written(array, count * item_bytes);
}

}  // namespace

SNAPSHOT_STUB(void, qsort, (void *, size_t, size_t, __compar_fn_t), "rdi", slow_qsort);
SNAPSHOT_STUB(void, qsort_r, (void *, size_t, size_t, __compar_d_fn_t, void *), "rdi", slow_qsort_r);

}  // namespace snapshot
