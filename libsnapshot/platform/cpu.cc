#include "platform/cpu.h"

#include <cpuid.h>

#include "base/layout.h"

namespace snapshot {
namespace {

// The state components that the operating system saves (Intel SDM vol. 1, 13.3); without them the registers
// are lost at a context switch, whatever the CPU can do.
u64 saved_state() {
  u32 low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (u64{high} << 32) | low;
}

CpuFeatures detect() {
  CpuFeatures f{};
  u32 a, b, c, d;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return f;
  const bool osxsave = (c & bit_OSXSAVE) != 0;
  const u64 state = osxsave ? saved_state() : 0;
  f.clmul = (c & bit_PCLMUL) != 0 && (c & bit_AVX) != 0 && (state & 0x06) == 0x06;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return f;
  f.avx2 = (b & bit_AVX2) != 0 && (state & 0x06) == 0x06;
  f.avx512 = (b & bit_AVX512F) != 0 && (state & 0xe6) == 0xe6;
  f.clmul_avx2 = f.clmul && f.avx2 && (c & bit_VPCLMULQDQ) != 0;
  f.clmul_avx512 = f.clmul && f.avx512 && (b & bit_AVX512VL) != 0 && (c & bit_VPCLMULQDQ) != 0;
  f.clwb = (b & bit_CLWB) != 0;
  f.clflushopt = (b & bit_CLFLUSHOPT) != 0;
  return f;
}

}  // namespace

const CpuFeatures &cpu_features() {
  static constinit CpuFeatures features{};
  static constinit bool known = false;
  // Racing first calls write the same values.
  if (!__atomic_load_n(&known, __ATOMIC_ACQUIRE)) {
    features = detect();
    __atomic_store_n(&known, true, __ATOMIC_RELEASE);
  }
  return features;
}

}  // namespace snapshot
