// SPDX-License-Identifier: MIT
//
// Blocks stay: block b takes tiles b, b + the number of blocks, and so on. A kernel with sums over samples takes chunks of tiles
// instead, as many as the caller wants, each with sums of its own: chunk c takes tiles c, c + the number of chunks, ... What a sum is made of
// then depends on the number of chunks, neither on the launch nor on how many launches take the tiles. A second kernel adds the chunks' sums
// up in order.

#include "targets/cuda/Kernels.h"

#include "compiler/Dialect/Tile/Arguments.h"
#include "targets/cuda/KernelMaker.h"
#include "targets/cuda/PlaceActivations.h"

#include <numeric>

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

int64_t KernelArgument::alignment() const {
  int64_t begin = 64 / targets::elementBytes(element); // as the tile dialect promises
  return kind == Shared ? begin : std::gcd(begin, size);
}

SmallVector<KernelArgument> flowc::cuda::classifyArguments(func::FuncOp function) {
  auto hasSamples = [](BlockArgument argument) { return !tile::isUniformBuffer(argument); };
  bool tiles = llvm::any_of(function.getArguments(), hasSamples);
  SmallVector<KernelArgument> result;
  for (BlockArgument argument : function.getArguments()) {
    auto type = cast<MemRefType>(argument.getType());
    auto kind = KernelArgument::Shared;
    if (hasSamples(argument))
      kind = KernelArgument::PerTile;
    else if (tiles && argument.getArgNumber() + 1 == function.getNumArguments())
      kind = KernelArgument::PerBlock;
    else if (tiles && function.getArgAttr(argument.getArgNumber(), tile::kSumsOverSamples))
      kind = KernelArgument::PerChunk;
    result.push_back({kind, type.getNumElements(), type.getElementType()});
  }
  return result;
}

/// Chunks of a reduction whose numbers are loaded together, so that the memory is kept busy.
constexpr int64_t kLoadedAhead = 8;

/// Element i of all chunks, added up in order into the first.
static void makeReduction(func::FuncOp function, const Twine &name, const KernelArgument &argument, KernelCache &cache) {
  KernelMaker maker(function->getBlock(), function.getLoc(), cache.threadsPerBlock());
  gpu::GPUFuncOp kernel = maker.open(name, 1, 1);
  BlockEmitter e(maker.builder, maker.loc, maker.threads);
  Value sums = kernel.getArgument(0), chunks = kernel.getArgument(1), size = e.constant(argument.size), one = e.constant(1);
  shareInGrid(e, size, [&](Value i) {
    Value target = e.address(sums, argument.element, i);
    auto addUp = [&](Value from, Value to, int64_t together, Value start) {
      return e.loop(from, to, together, start, [&](Value chunk, ValueRange carried) -> SmallVector<Value> {
        SmallVector<Value> numbers;
        for (int64_t ahead = 0; ahead < together; ++ahead) {
          Value place = e.multiply(e.add(chunk, e.constant(ahead)), size);
          numbers.push_back(e.load(argument.element, e.address(target, argument.element, place)));
        }
        Value sum = carried[0];
        for (Value number : numbers)
          sum = e.addFloats(sum, number);
        return {sum};
      })[0];
    };
    Value rest = e.add(e.roundDown(e.subtract(chunks, one), kLoadedAhead), one);
    Value sum = addUp(one, rest, kLoadedAhead, e.load(argument.element, target));
    e.store(addUp(rest, chunks, 1, sum), target);
  });
  maker.close();
}

void flowc::cuda::makeKernels(func::FuncOp function, StringRef name, ArrayRef<KernelArgument> arguments, int64_t activationBytes,
                              KernelCache &cache) {
  KernelMaker maker(function->getBlock(), function.getLoc(), cache.threadsPerBlock());
  targets::Emitter e(maker.builder, maker.loc);
  auto has = [&](KernelArgument::Kind kind) {
    return llvm::any_of(arguments, [&](const KernelArgument &argument) { return argument.kind == kind; });
  };
  bool tiled = has(KernelArgument::PerTile), chunked = tiled && has(KernelArgument::PerChunk);
  unsigned count = arguments.size();
  gpu::GPUFuncOp kernel = maker.open(name, count, tiled + chunked);
  if (activationBytes)
    kernel->setAttr(kActivationBytes, maker.builder.getI64IntegerAttr(activationBytes));
  SmallVector<Value> pointers(kernel.getArguments().take_front(count));
  auto move = [&](KernelArgument::Kind kind, Value index) {
    for (auto [pointer, argument] : llvm::zip_equal(pointers, arguments))
      if (argument.kind == kind)
        pointer = e.address(pointer, argument.element, e.multiply(index, argument.size));
  };
  auto callOn = [&](Value tile) {
    SmallVector<Value> before = pointers;
    move(KernelArgument::PerTile, tile);
    func::CallOp::create(maker.builder, maker.loc, function, pointers);
    pointers = before;
  };
  if (!tiled) {
    func::CallOp::create(maker.builder, maker.loc, function, pointers);
    return maker.close();
  }
  Value block = blockIndex(e), blocks = blockCount(e), tiles = kernel.getArgument(count);
  move(KernelArgument::PerBlock, block);
  if (!chunked)
    e.loop(block, tiles, blocks, callOn);
  else
    e.loop(block, kernel.getArgument(count + 1), blocks, [&](Value chunk) {
      Value chunks = kernel.getArgument(count + 1);
      SmallVector<Value> before = pointers;
      move(KernelArgument::PerChunk, chunk);
      e.loop(chunk, tiles, chunks, callOn);
      pointers = before;
    });
  maker.close();
  for (auto [k, argument] : llvm::enumerate(arguments))
    if (argument.kind == KernelArgument::PerChunk)
      makeReduction(function, name + "_reduce", argument, cache);
}
