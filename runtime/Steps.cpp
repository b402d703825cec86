// SPDX-License-Identifier: MIT

#include "runtime/CpuSteps.h"
#include "runtime/DeviceSteps.h"

namespace flowc::runtime {

template <typename T>
std::unique_ptr<Steps<T>> makeSteps(const Manifest &manifest, const TrainOptions &options, Model<T> &model, Batches<T> &batches,
                                    TrainState<T> &state) {
  if (model.device() != "cpu")
    return std::make_unique<DeviceSteps<T>>(manifest, options, model, batches, state);
  return std::make_unique<CpuSteps<T>>(manifest, options, model, batches, state);
}

template std::unique_ptr<Steps<float>> makeSteps(const Manifest &, const TrainOptions &, Model<float> &, Batches<float> &,
                                                 TrainState<float> &);
template std::unique_ptr<Steps<double>> makeSteps(const Manifest &, const TrainOptions &, Model<double> &, Batches<double> &,
                                                  TrainState<double> &);

} // namespace flowc::runtime
