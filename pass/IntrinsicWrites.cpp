//===- IntrinsicWrites.cpp - what intrinsics may write --------------------===//
//
// Intrinsics whose destination and size are known are listed. Any other one
// whose attributes let it write through a pointer argument is taken to write
// GuessedBytes there: an intrinsic nobody thought of must not lose data.
//
//===----------------------------------------------------------------------===//
#include "StoreCollector.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/IntrinsicsX86.h"

using namespace llvm;

namespace snapshot {

namespace {
class Collector {
public:
  Collector(IntrinsicInst &Call, const DataLayout &DL, WriteList &Writes)
      : Call(Call), DL(DL), Writes(Writes) {}

  void collect();

private:
  Write &add(unsigned Pointer, uint64_t Bytes);
  void addMemoryIntrinsic(AnyMemIntrinsic &Mem);
  void addMasked(unsigned Value, unsigned Pointer, unsigned Mask);
  void addScatter(unsigned Value, unsigned Pointers, unsigned Mask);
  void addX86Scatter();
  void addStrided(unsigned Pointer, unsigned Stride, unsigned Lanes,
                  uint64_t Bytes, uint64_t Scale);
  bool addIfKnown();
  void addByAttributes();

  Value *arg(unsigned I) const { return Call.getArgOperand(I); }
  uint64_t bytesOf(Type *Ty) const {
    return DL.getTypeStoreSize(Ty).getFixedValue();
  }
  FixedVectorType *vectorArg(unsigned I) const {
    return cast<FixedVectorType>(arg(I)->getType());
  }

  IntrinsicInst &Call;
  const DataLayout &DL;
  WriteList &Writes;
};
} // namespace

Write &Collector::add(unsigned Pointer, uint64_t Bytes) {
  Write W{&Call, {}, false, false};
  W.Dest.Address = arg(Pointer);
  W.Dest.Bytes = Bytes;
  Writes.push_back(W);
  return Writes.back();
}

void Collector::addMemoryIntrinsic(AnyMemIntrinsic &Mem) {
  Write W{&Call, {}, false, false};
  W.Dest.Address = Mem.getRawDest();
  if (auto *Length = dyn_cast<ConstantInt>(Mem.getLength())) {
    W.Dest.Bytes = Length->getZExtValue();
    if (W.Dest.Bytes == 0)
      return;
  } else {
    W.Dest.DynamicBytes = Mem.getLength();
    W.Dest.Conditional = true;
  }
  // The element-wise atomic variants, and volatile ones.
  auto *Plain = dyn_cast<MemIntrinsic>(&Mem);
  W.Announced = !Plain || Plain->isVolatile();
  Writes.push_back(W);
}

// One vector at one address, of which some lanes are written.
void Collector::addMasked(unsigned Value, unsigned Pointer, unsigned Mask) {
  Write &W = add(Pointer, bytesOf(arg(Value)->getType()));
  W.Dest.Conditional =
      !isa<Constant>(arg(Mask)) || cast<Constant>(arg(Mask))->isNullValue();
}

void Collector::addScatter(unsigned Value, unsigned Pointers, unsigned Mask) {
  FixedVectorType *Vector = vectorArg(Value);
  Write &W = add(Pointers, bytesOf(Vector->getElementType()));
  W.Dest.Conditional = true;
  W.Dest.Lanes = Vector->getNumElements();
  W.Dest.Mask = arg(Mask);
}

// (base, mask, index, data, scale). Index and data may differ in their number
// of elements; the smaller number is scattered.
void Collector::addX86Scatter() {
  Write &W = add(0, bytesOf(vectorArg(3)->getElementType()));
  W.Dest.Conditional = true;
  W.Dest.Lanes =
      std::min(vectorArg(2)->getNumElements(), vectorArg(3)->getNumElements());
  W.Dest.Index = arg(2);
  W.Dest.Scale = cast<ConstantInt>(arg(4))->getZExtValue();
}

void Collector::addStrided(unsigned Pointer, unsigned Stride, unsigned Lanes,
                           uint64_t Bytes, uint64_t Scale) {
  Write &W = add(Pointer, Bytes);
  W.Dest.Conditional = true;
  W.Dest.Lanes = Lanes;
  W.Dest.Stride = arg(Stride);
  W.Dest.Scale = Scale;
}

bool Collector::addIfKnown() {
  switch (Call.getIntrinsicID()) {
  // Writes no memory that a program can name, whatever the attributes say.
  case Intrinsic::launder_invariant_group:
  case Intrinsic::strip_invariant_group:
  case Intrinsic::prefetch:
  case Intrinsic::stackrestore:
  case Intrinsic::localescape:
  case Intrinsic::clear_cache:
  case Intrinsic::vaend:
  case Intrinsic::codeview_annotation:
  // Cache control, and state that is read from memory.
  case Intrinsic::x86_sse2_clflush:
  case Intrinsic::x86_clflushopt:
  case Intrinsic::x86_clwb:
  case Intrinsic::x86_cldemote:
  case Intrinsic::x86_sse3_monitor:
  case Intrinsic::x86_monitorx:
  case Intrinsic::x86_umonitor:
  case Intrinsic::x86_sse_ldmxcsr:
  case Intrinsic::x86_fxrstor:
  case Intrinsic::x86_fxrstor64:
  case Intrinsic::x86_xrstor:
  case Intrinsic::x86_xrstor64:
  case Intrinsic::x86_xrstors:
  case Intrinsic::x86_xrstors64:
  case Intrinsic::x86_ldtilecfg:
  case Intrinsic::x86_tileloadd64:
  case Intrinsic::x86_tileloadd64_internal:
  case Intrinsic::x86_tileloaddt164:
  case Intrinsic::x86_tileloaddt164_internal:
    return true;

  case Intrinsic::masked_store: // (value, pointer, alignment, mask)
    addMasked(0, 1, 3);
    return true;
  case Intrinsic::masked_compressstore: // (value, pointer, mask)
  case Intrinsic::vp_store:             // (value, pointer, mask, length)
    addMasked(0, 1, 2);
    Writes.back().Dest.Conditional = true;
    return true;
  case Intrinsic::masked_scatter: // (value, pointers, alignment, mask)
    addScatter(0, 1, 3);
    return true;
  case Intrinsic::vp_scatter: // (value, pointers, mask, length)
    addScatter(0, 1, 2);
    return true;
  case Intrinsic::experimental_vp_strided_store: { // (value, pointer, stride)
    FixedVectorType *Vector = vectorArg(0);
    addStrided(1, 2, Vector->getNumElements(),
               bytesOf(Vector->getElementType()), 1);
    return true;
  }
  case Intrinsic::matrix_column_major_store: {
    // (value, pointer, stride, volatile, rows, columns), stride in elements
    uint64_t Element = bytesOf(vectorArg(0)->getElementType());
    addStrided(1, 2, unsigned(cast<ConstantInt>(arg(5))->getZExtValue()),
               cast<ConstantInt>(arg(4))->getZExtValue() * Element, Element);
    return true;
  }

  case Intrinsic::vastart:
  case Intrinsic::vacopy: // a va_list; see StoreCollector.cpp
    add(0, 24);
    return true;

  case Intrinsic::x86_sse_stmxcsr:
    add(0, 4);
    return true;
  case Intrinsic::x86_sse2_maskmov_dqu: // (value, mask, pointer)
    add(2, 16).Dest.Conditional = true;
    return true;
  case Intrinsic::x86_mmx_maskmovq:
    add(2, 8).Dest.Conditional = true;
    return true;
  case Intrinsic::x86_avx_maskstore_ps: // (pointer, mask, value)
  case Intrinsic::x86_avx_maskstore_pd:
  case Intrinsic::x86_avx_maskstore_ps_256:
  case Intrinsic::x86_avx_maskstore_pd_256:
  case Intrinsic::x86_avx2_maskstore_d:
  case Intrinsic::x86_avx2_maskstore_q:
  case Intrinsic::x86_avx2_maskstore_d_256:
  case Intrinsic::x86_avx2_maskstore_q_256:
    addMasked(2, 0, 1);
    return true;
  case Intrinsic::x86_movdir64b: // (destination, source)
    add(0, 64).Announced = true;
    return true;
  case Intrinsic::x86_fxsave:
  case Intrinsic::x86_fxsave64:
    add(0, 512);
    return true;
  case Intrinsic::x86_xsave:
  case Intrinsic::x86_xsave64:
  case Intrinsic::x86_xsavec:
  case Intrinsic::x86_xsavec64:
  case Intrinsic::x86_xsaveopt:
  case Intrinsic::x86_xsaveopt64:
  case Intrinsic::x86_xsaves:
  case Intrinsic::x86_xsaves64:
    // The size depends on the CPU; with every state component that exists
    // today, AMX's 8 KiB included, it is 11,008 bytes.
    add(0, 16384);
    return true;
  case Intrinsic::x86_tilestored64: // (tile, pointer, stride)
    addStrided(1, 2, 16, 64, 1);
    return true;
  case Intrinsic::x86_tilestored64_internal: // (rows, columns, pointer, stride)
    addStrided(2, 3, 16, 64, 1);
    return true;
  default:
    break;
  }

  StringRef Name = Call.getCalledFunction()->getName();
  if (Name.consume_front("llvm.x86.avx512.")) {
    if (Name.starts_with("scatterpf")) // prefetches for a scatter
      return true;
    if (Name.starts_with("scatter") || Name.starts_with("mask.scatter")) {
      addX86Scatter();
      return true;
    }
  }
  return false;
}

void Collector::addByAttributes() {
  if (!Call.mayWriteToMemory() || Call.onlyAccessesInaccessibleMemory())
    return;
  for (unsigned I = 0; I < Call.arg_size(); ++I) {
    auto *PointerTy = dyn_cast<PointerType>(arg(I)->getType()->getScalarType());
    if (!PointerTy || Call.onlyReadsMemory(I))
      continue;
    Write &W = add(I, GuessedBytes);
    W.Guessed = true;
    W.Announced = arg(I)->getType()->isPointerTy();
    if (auto *Pointers = dyn_cast<FixedVectorType>(arg(I)->getType())) {
      W.Dest.Lanes = Pointers->getNumElements();
      W.Dest.Conditional = true;
    }
  }
}

void Collector::collect() {
  if (Call.isAssumeLikeIntrinsic() && !isa<MemIntrinsic>(Call))
    return;
  if (auto *Mem = dyn_cast<AnyMemIntrinsic>(&Call))
    addMemoryIntrinsic(*Mem);
  else if (!addIfKnown())
    addByAttributes();
}

void collectIntrinsicWrites(IntrinsicInst &Call, const DataLayout &DL,
                            WriteList &Writes) {
  Collector(Call, DL, Writes).collect();
}

} // namespace snapshot
