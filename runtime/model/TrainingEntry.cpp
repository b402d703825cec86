// SPDX-License-Identifier: MIT
//
// Training through the C interface: checks arguments, then hands over to what computes.

#include "runtime/model/TrainingEntry.h"

#include "runtime/model/Dispatch.h"

namespace flowc::runtime::model {
namespace {

/// dispatch to the instance's training; `isGood` says whether its arguments are.
template <typename Call> flowrt_status train(flowrt_instance *instance, bool isGood, Call call) {
  if (!instance || !isGood)
    return FLOWRT_BAD_ARGUMENT;
  return dispatch(instance, [&]<typename T>(Backend<T> &typed, T) {
    Training<T> *training = typed.training();
    return training ? call(typed, *training) : FLOWRT_NOT_ON_DEVICE;
  });
}

flowrt_status begin(flowrt_instance *instance, const flowrt_training_options *options) {
  return train(instance, options, [&]<typename T>(Backend<T> &typed, Training<T> &training) {
    bool isKnown = options->optimizer == FLOWRT_ADAM || options->optimizer == FLOWRT_SGD;
    bool fits = options->trained >= 0 && options->trained <= typed.parameterCount();
    fits &= options->batch >= 0;
    return isKnown && fits ? training.begin(*options) : FLOWRT_BAD_ARGUMENT;
  });
}

bool isVector(flowrt_training_vector vector) { return vector >= FLOWRT_PARAMETERS && vector <= FLOWRT_SECOND_MOMENT; }

flowrt_status setVector(flowrt_instance *instance, flowrt_training_vector vector, const void *values) {
  return train(instance, isVector(vector) && values, [&]<typename T>(Backend<T> &, Training<T> &training) {
    return training.setVector(vector, static_cast<const T *>(values));
  });
}

flowrt_status getVector(flowrt_instance *instance, flowrt_training_vector vector, void *values) {
  return train(instance, isVector(vector) && values, [&]<typename T>(Backend<T> &, Training<T> &training) {
    return training.getVector(vector, static_cast<T *>(values));
  });
}

flowrt_status setData(flowrt_instance *instance, const void *x, const void *context, const void *weight, int64_t rows) {
  return train(instance, x ? rows > 0 : rows == 0, [&]<typename T>(Backend<T> &typed, Training<T> &training) {
    if (!x)
      return training.setData({nullptr, nullptr}, nullptr, 0);
    auto contexts = static_cast<const T *>(context);
    flowrt_status status = typed.checkContext(contexts, rows);
    return status == FLOWRT_OK ? training.setData({static_cast<const T *>(x), contexts}, static_cast<const T *>(weight), rows) : status;
  });
}

flowrt_status setOrder(flowrt_instance *instance, const int64_t *order) {
  return train(instance, order, [&]<typename T>(Backend<T> &, Training<T> &training) { return training.setOrder(order); });
}

flowrt_status setSum(flowrt_instance *instance, double sum) {
  return train(instance, true, [&]<typename T>(Backend<T> &, Training<T> &training) { return training.setSum(sum); });
}

flowrt_status step(flowrt_instance *instance, const flowrt_training_step *step) {
  bool isGood = step && step->number > 0 && step->rows > 0 && step->first >= 0;
  return train(instance, isGood, [&]<typename T>(Backend<T> &typed, Training<T> &training) {
    flowrt_status status = step->x ? typed.checkContext(static_cast<const T *>(step->context), step->rows) : FLOWRT_OK;
    return status == FLOWRT_OK ? training.step(*step) : status;
  });
}

flowrt_status record(flowrt_instance *instance, flowrt_training_record *record) {
  return train(instance, record, [&]<typename T>(Backend<T> &, Training<T> &training) { return training.look(*record); });
}

} // namespace

const flowrt_training_api trainingApi = {begin, setVector, getVector, setData, setOrder, setSum, step, record};

} // namespace flowc::runtime::model
