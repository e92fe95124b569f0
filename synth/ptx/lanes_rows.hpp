#pragma once

// Access to the register file, for lanes.cpp alone (see lanes_math.hpp).

#include <cstddef>
#include <cstdint>

#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "synth/ptx/lanes_math.hpp"

namespace femsynth::synth::ptx {
namespace {

/// The type with which a cell is read: cells hold values of any type of their width.
template <class T>
using Cell [[gnu::may_alias]] = T;

template <class T>
inline Cell<T>& slot(std::byte* file, u32 number) {
  return *reinterpret_cast<Cell<T>*>(file - 8 * (static_cast<std::size_t>(number) + 1));
}

/// A row of W cells; rows are aligned to their own size up to 64 bytes.
template <class T, int W>
inline Cell<T>* row(std::byte* file, u32 position) {
  auto* cells = file + static_cast<std::size_t>(position) * (4 * W);
  return static_cast<Cell<T>*>(__builtin_assume_aligned(cells, 32));
}

template <class T, int W, bool Scalar>
class Source {
 public:
  inline Source(std::byte* file, u32 position) : cells_(row<T, W>(file, position)) {}
  inline T operator[](int lane) const { return cells_[lane]; }

 private:
  const Cell<T>* cells_;
};

template <class T, int W>
class Source<T, W, true> {
 public:
  inline Source(std::byte* file, u32 number) : value_(slot<T>(file, number)) {}
  inline T operator[](int) const { return value_; }

 private:
  T value_;
};

template <class T, int W>
class Target {
 public:
  inline Target(std::byte* file, u32 position) : cells_(row<T, W>(file, position)) {}
  inline Cell<T>& operator[](int lane) { return cells_[lane]; }

 private:
  Cell<T>* cells_;
};

template <class T>
class Target<T, 1> {
 public:
  inline Target(std::byte* file, u32 number) : cell_(&slot<T>(file, number)) {}
  inline Cell<T>& operator[](int) { return *cell_; }

 private:
  Cell<T>* cell_;
};

template <std::size_t Bytes>
struct SignedOfSize;
template <>
struct SignedOfSize<4> {
  using Type = s32;
};
template <>
struct SignedOfSize<8> {
  using Type = s64;
};
/// The signed integer as wide as T.
template <class T>
using SignedCell = typename SignedOfSize<sizeof(T)>::Type;

/// One bit a lane, of lanes that hold all ones or zero.
template <int W>
inline u32 mask_of(const s64* lanes) {
  u32 mask = 0;
#if defined(__AVX512DQ__)
  for (int i = 0; i < W; i += 8) {
    mask |= static_cast<u32>(_mm512_movepi64_mask(_mm512_loadu_si512(lanes + i))) << i;
  }
#elif defined(__AVX2__)
  for (int i = 0; i < W; i += 4) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lanes + i));
    mask |= static_cast<u32>(_mm256_movemask_pd(_mm256_castsi256_pd(v))) << i;
  }
#else
  for (int i = 0; i < W; ++i) mask |= static_cast<u32>(lanes[i] & 1) << i;
#endif
  return mask;
}
template <int W>
inline u32 mask_of(const s32* lanes) {
  u32 mask = 0;
#if defined(__AVX2__)
  for (int i = 0; i < W; i += 8) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lanes + i));
    mask |= static_cast<u32>(_mm256_movemask_ps(_mm256_castsi256_ps(v))) << i;
  }
#else
  for (int i = 0; i < W; ++i) mask |= static_cast<u32>(lanes[i] & 1) << i;
#endif
  return mask;
}

}  // namespace
}  // namespace femsynth::synth::ptx
