// Which vector instructions this machine and its kernel support.
#pragma once

namespace snapshot {

struct CpuFeatures {
  bool avx2;
  bool avx512;
  bool clmul;         // carry-less multiplication, with AVX
  bool clmul_avx2;    // of two lanes at once
  bool clmul_avx512;  // of four lanes at once
  bool clwb;
  bool clflushopt;
};

const CpuFeatures &cpu_features();

}  // namespace snapshot
