// SPDX-License-Identifier: MIT
//
// A model written by hand against the kernel interface, in place of one that flowc compiled: a triangular affine flow
// in two dimensions, z0 = (x0 - b0) exp(-s0), z1 = (x1 - b1 - c x0) exp(-s1), parameters (s0, s1, b0, b1, c), base
// normal. MOCK_CONTEXT=N makes it conditional on N numbers c, of which x0 is shifted by 1 c0 + 2 c1 + ...; with MOCK_LABEL these are of
// one of N labels. MUTANT_* compile in one mistake each, which the self-test must find.

#include "runtime/abi/flowrt_kernels.h"

#include <math.h>

namespace {

#ifndef MOCK_CONTEXT
#define MOCK_CONTEXT 0
#endif
#ifdef MOCK_LABEL
constexpr int64_t IsLabel = 1;
#else
constexpr int64_t IsLabel = 0;
#endif

constexpr int64_t Tile = 64, Context = MOCK_CONTEXT;
constexpr double HalfLogTwoPi = 0.91893853320467274178;

/// The normal quantile: Acklam's approximation, then two Newton steps on the distribution function.
double quantile(double u) {
  bool upper = u > 0.5;
  double p = upper ? 1 - u : u;
  double t = sqrt(-2 * log(p));
  double x =
      t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
  x = -x;
  for (int i = 0; i < 3; ++i)
    x -= (0.5 * erfc(-x * M_SQRT1_2) - p) / exp(-0.5 * x * x - HalfLogTwoPi);
  return upper ? -x : x;
}

template <typename T> struct Mock {
  // staged: exp(-s0), exp(-s1), b0, b1, c, log_det
  static void stage(const T *p, T *staged, T *) {
    staged[0] = T(exp(-double(p[0])));
    staged[1] = T(exp(-double(p[1])));
    staged[2] = p[2];
    staged[3] = p[3];
    staged[4] = p[4];
    staged[5] = -p[0] - p[1];
#ifdef MUTANT_LOG_DET
    staged[5] = -p[0] + p[1];
#endif
  }

  static void stageAdjoint(const T *p, const T *g, T *out, T *) {
    out[0] -= g[0] * T(exp(-double(p[0]))) + g[5];
    out[1] -= g[1] * T(exp(-double(p[1]))) + g[5];
    out[2] += g[2];
    out[3] += g[3];
#ifndef MUTANT_GRADIENT
    out[4] += g[4];
#endif
  }

  /// What the context behind the features adds to x0.
  static T moved(const T *in, int64_t s) {
    T sum = 0;
#ifdef MUTANT_CONTEXT
    s = 0;
#endif
    for (int64_t k = 0; k < Context; ++k)
      sum += T(k + 1) * in[(2 + k) * Tile + s];
    return sum;
  }

  static void toLatent(const T *staged, const T *x, T *z, T *logDet, T *) {
    for (int64_t s = 0; s < Tile; ++s) {
      z[s] = (x[s] - staged[2] - moved(x, s)) * staged[0];
      z[Tile + s] = (x[Tile + s] - staged[3] - staged[4] * x[s]) * staged[1];
#ifdef MUTANT_RAGGED
      z[s] += T(1e-3) * (x[63] - x[s]);
#endif
      logDet[s] = staged[5];
    }
  }

  static void toData(const T *staged, const T *z, T *x, T *logDet, T *) {
    for (int64_t s = 0; s < Tile; ++s) {
      T x0 = z[s] / staged[0] + staged[2] + moved(z, s);
      x[Tile + s] = z[Tile + s] / staged[1] + staged[3] + staged[4] * x0;
#ifdef MUTANT_TO_DATA
      x[Tile + s] += T(1e-3);
#endif
      x[s] = x0;
      logDet[s] = -staged[5];
    }
  }

  static void logProb(const T *staged, const T *x, T *logProb, T *workspace) {
    T *z = workspace, *logDet = workspace + 2 * Tile;
    toLatent(staged, x, z, logDet, workspace);
    for (int64_t s = 0; s < Tile; ++s) {
      logProb[s] = logDet[s] - T(2 * HalfLogTwoPi) - (z[s] * z[s] + z[Tile + s] * z[Tile + s]) / 2;
#ifdef MUTANT_BASE
      logProb[s] += T(0.1);
#endif
    }
  }

  static void sample(const T *staged, const T *u, T *x, T *logProb, T *workspace) {
    T *z = workspace;
    for (int64_t i = 0; i < (2 + Context) * Tile; ++i)
      z[i] = i < 2 * Tile ? T(quantile(double(u[i]))) : u[i];
#ifdef MUTANT_SAMPLE
    z[3] = z[4];
#endif
    toData(staged, z, x, logProb, workspace);
    for (int64_t s = 0; s < Tile; ++s)
      logProb[s] = staged[5] - T(2 * HalfLogTwoPi) - (z[s] * z[s] + z[Tile + s] * z[Tile + s]) / 2;
#ifdef MUTANT_SAMPLE_DENSITY
    logProb[7] += T(0.25);
#endif
  }

  static void gradient(const T *staged, const T *x, const T *weight, T *density, T *g, T *workspace) {
    logProb(staged, x, density, workspace);
    for (int64_t s = 0; s < Tile; ++s) {
      T d0 = x[s] - staged[2] - moved(x, s), d1 = x[Tile + s] - staged[3] - staged[4] * x[s], w = weight[s];
      T z0 = d0 * staged[0], z1 = d1 * staged[1];
      g[0] -= w * z0 * d0;
      g[1] -= w * z1 * d1;
      g[2] += w * z0 * staged[0];
      g[3] += w * z1 * staged[1];
      g[4] += w * z1 * staged[1] * x[s];
      g[5] += w;
    }
  }

  static void probe(const T *staged, const T *x, T *probed, T *) {
    for (int64_t s = 0; s < Tile; ++s) {
      probed[s] = x[s];
      probed[Tile + s] = x[Tile + s] - staged[4] * x[s];
    }
  }

  static void start(const T *mean, const T *deviation, T *p, T *) {
    for (int i = 0; i < 2; ++i) {
      p[i] = T(log(double(deviation[i])));
      p[2 + i] = mean[i];
    }
  }
};

} // namespace

#define DEFINE_KERNELS(P, T)                                                                                           \
  const flowrt_kernel_info flow_##P##_info = {FLOWRT_KERNEL_ABI, Tile, 2, 5, 6, (3 + Context) * Tile, 2, Context, IsLabel, 0, Tile, 1, 16}; \
  void flow_##P##_stage(const T *p, T *staged, T *w) { Mock<T>::stage(p, staged, w); }                                 \
  void flow_##P##_stage_adjoint(const T *p, const T *g, T *out, T *w) { Mock<T>::stageAdjoint(p, g, out, w); }         \
  void flow_##P##_to_latent(const T *s, const T *x, T *z, T *l, T *w) { Mock<T>::toLatent(s, x, z, l, w); }            \
  void flow_##P##_to_data(const T *s, const T *z, T *x, T *l, T *w) { Mock<T>::toData(s, z, x, l, w); }                \
  void flow_##P##_log_prob(const T *s, const T *x, T *l, T *w) { Mock<T>::logProb(s, x, l, w); }                       \
  void flow_##P##_sample(const T *s, const T *u, T *x, T *l, T *w) { Mock<T>::sample(s, u, x, l, w); }                 \
  void flow_##P##_gradient(const T *s, const T *x, const T *v, T *l, T *g, T *w) {                                     \
    Mock<T>::gradient(s, x, v, l, g, w);                                                                               \
  }                                                                                                                    \
  void flow_##P##_probe(const T *s, const T *x, T *q, T *w) { Mock<T>::probe(s, x, q, w); }                            \
  void flow_##P##_start(const T *m, const T *d, T *p, T *w) { Mock<T>::start(m, d, p, w); }

extern "C" {
#undef FLOWRT_WEAK
#define FLOWRT_WEAK __attribute__((visibility("hidden")))
#ifndef MOCK_F64_ONLY
FLOWRT_DECLARE_KERNELS(f32, float)
DEFINE_KERNELS(f32, float)
#endif
#ifndef MOCK_F32_ONLY
FLOWRT_DECLARE_KERNELS(f64, double)
DEFINE_KERNELS(f64, double)
#endif
}

#if defined(MOCK_F32_ONLY)
#define DTYPES "[\"f32\"]"
#elif defined(MOCK_F64_ONLY)
#define DTYPES "[\"f64\"]"
#else
#define DTYPES "[\"f32\", \"f64\"]"
#endif
#define TEXT(NUMBER) #NUMBER
#define AS_TEXT(NUMBER) TEXT(NUMBER)
#if defined(MOCK_LABEL)
#define CONTEXT "\"context\": {\"size\": " AS_TEXT(MOCK_CONTEXT) ", \"label\": true}, "
#elif MOCK_CONTEXT > 0
#define CONTEXT "\"context\": {\"size\": " AS_TEXT(MOCK_CONTEXT) ", \"low\": -10}, "
#else
#define CONTEXT ""
#endif
#define RANDOM_INIT "{\"kind\": \"uniform\", \"low\": -0.5, \"high\": 0.5}"
extern const char flow_manifest[] =
    "{\"flowc\": 1, \"features\": 2, \"name\": \"mock\", \"dtypes\": " DTYPES
    ", \"base\": \"normal\", " CONTEXT "\"parameters\": ["
    "{\"name\": \"0.norm.log_scale\", \"shape\": [2], \"offset\": 0, \"init\": {\"kind\": \"constant\", \"value\": 0}},"
    "{\"name\": \"0.norm.shift\", \"shape\": [2], \"offset\": 2, \"init\": {\"kind\": \"values\", \"values\": [0.5, "
    "-0.5]}},"
    "{\"name\": \"0.norm.skew\", \"shape\": [], \"offset\": 4, \"init\": " RANDOM_INIT "}],"
    "\"starts\": [{\"layer\": \"0.norm\", \"probes\": [0, 2], \"parameters\": [\"0.norm.log_scale\", "
    "\"0.norm.shift\"]}],"
    "\"layers\": [{\"name\": \"0.norm\", \"type\": \"norm\", \"levels\": 2, \"verdict\": \"derived\","
    "\"forward\": [\"z0 = (x0 - shift0) * exp(-log_scale0)\"], \"inverse\": [\"x0 = z0 * exp(log_scale0) + shift0\"],"
    "\"log_det\": [\"-log_scale0 - log_scale1\"]}],"
    "\"train\": {\"optimizer\": {\"type\": \"adam\", \"lr\": 0.01}, \"epochs\": 5, \"batch_size\": 256, \"seed\": 7},"
    "\"spec\": {\"path\": \"mock.flow\", \"text\": \"flow mock { data real[2] }\"}}";
