// SPDX-License-Identifier: MIT
//
// Row-major products by OpenBLAS, oneDNN and libxsmm. libxsmm counts columns first: there c is computed as its
// transposed, b^T a^T.

#include "bench/Peers.h"

#ifdef FLOWC_HAVE_OPENBLAS
#include <cblas.h>
extern "C" void openblas_set_num_threads(int);
#endif
#ifdef FLOWC_HAVE_ONEDNN
#include <dnnl.h>
#endif
#ifdef FLOWC_HAVE_LIBXSMM
#include <libxsmm.h>
#include <map>
#include <tuple>
#endif

namespace bench {

std::vector<Peer> peers() {
  std::vector<Peer> found;
#ifdef FLOWC_HAVE_OPENBLAS
  openblas_set_num_threads(1);
  found.push_back({"OpenBLAS", [](const Product &p, const float *a, const float *b, float *c) {
                     cblas_sgemm(CblasRowMajor, p.transA ? CblasTrans : CblasNoTrans, CblasNoTrans, p.m, p.n, p.k, 1.0f,
                                 a, p.transA ? p.m : p.k, b, p.n, p.accumulate ? 1.0f : 0.0f, c, p.n);
                   }});
#endif
#ifdef FLOWC_HAVE_ONEDNN
  found.push_back({"oneDNN", [](const Product &p, const float *a, const float *b, float *c) {
                     dnnl_sgemm(p.transA ? 'T' : 'N', 'N', p.m, p.n, p.k, 1.0f, a, p.transA ? p.m : p.k, b, p.n,
                                p.accumulate ? 1.0f : 0.0f, c, p.n);
                   }});
#endif
#ifdef FLOWC_HAVE_LIBXSMM
  libxsmm_init();
  found.push_back({"libxsmm", [](const Product &p, const float *a, const float *b, float *c) {
                     const int lda = p.transA ? p.m : p.k;
                     const float one = 1.0f, beta = p.accumulate ? 1.0f : 0.0f;
                     // Its kernels have no transposed operand on this side; sgemm falls back to BLAS for those.
                     const char transA = p.transA ? 'T' : 'N', transB = 'N';
                     static std::map<std::tuple<int, int, int, bool>, libxsmm_smmfunction> kernels;
                     if (!p.transA) {
                       libxsmm_smmfunction &kernel = kernels[{p.m, p.n, p.k, p.accumulate}];
                       if (!kernel)
                         kernel = libxsmm_smmdispatch(p.n, p.m, p.k, &p.n, &lda, &p.n, &one, &beta, nullptr, nullptr);
                       if (kernel)
                         return kernel(b, a, c);
                     }
                     libxsmm_sgemm(&transB, &transA, &p.n, &p.m, &p.k, &one, b, &p.n, a, &lda, &beta, c, &p.n);
                   }});
#endif
  return found;
}

} // namespace bench
