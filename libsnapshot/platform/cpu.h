// Which vector instructions this machine and its kernel support.
#pragma once

namespace snapshot {

struct CpuFeatures {
  bool avx2;
  bool avx512;
  bool clwb;
  bool clflushopt;
};

const CpuFeatures &cpu_features();

}  // namespace snapshot
