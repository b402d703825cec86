// SPDX-License-Identifier: MIT
//
// Products on tensor cores: a warp multiplies 16 x 8 numbers of a by 8 x 8 of b (tf32), or twice as deep (bf16), at a time. Which lane has
// which number is the PTX ISA's (mma.m16n8k8, mma.m16n8k16); here g = lane / 4 and t = lane % 4.
//
// A product does not change when rows of a, columns of b or steps of k are taken in another order, as long as both matrices and the result
// agree on it. That makes wide loads of what the hardware wants apart: lane g has neighbouring columns of b, one for each of the warp's
// parts, and neighbouring rows of an a that lies column by column. An a that lies row by row is read by `ldmatrix`, for which four numbers
// of 32 bits are eight of 16. Two steps of tf32 become one of bf16 by packing steps t and t + 4 into one register.

#include "targets/cuda/GemmTile.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flowc::cuda;

namespace {

/// Of the instruction: rows, columns, and the depth of one load.
constexpr int64_t kPartRows = 16, kPartColumns = 8, kPartDepth = 8;

/// How the warps of a block share a tile.
struct WarpGrid {
  int64_t across = 1, rowParts = 1;
  int64_t tileRows = 0;

  /// The lowest tile that has all rows, or else the highest; of several the one whose warps have the most rows, which load least.
  WarpGrid(int64_t threads, int64_t rows) {
    int64_t warps = threads / kWarp;
    auto isBetter = [&](int64_t height) {
      return tileRows >= rows ? height >= rows && height < tileRows : height > tileRows;
    };
    for (int64_t parts : {2, 1})
      for (int64_t columns : {4, 2, 1})
        if (int64_t height = warps / columns * parts * kPartRows; warps % columns == 0 && height <= kMostTileRows && isBetter(height)) {
          across = columns;
          rowParts = parts;
          tileRows = height;
        }
  }
};

class TensorProduct : public Product {
public:
  TensorProduct(BlockEmitter &e, Matmul kind, const WarpGrid &grid, const Factors &factors)
      : Product(TileLayout(e.builder.getF32Type(), grid.tileRows, factors),
                4 * grid.rowParts * (kTileColumns / grid.across / kPartColumns)),
        e(e), kind(kind), rowParts(grid.rowParts), columnParts(kTileColumns / grid.across / kPartColumns),
        group(e.divide(e.lane, e.constant(4))), step(e.remainder(e.lane, e.constant(4))),
        warpRow(e.multiply(e.divide(e.warp, e.constant(grid.across)), grid.rowParts * kPartRows)),
        warpColumn(e.multiply(e.remainder(e.warp, e.constant(grid.across)), kTileColumns / grid.across)) {}

  SmallVector<Value> multiply(Value aPanel, Value bPanel, ValueRange before) final {
    SmallVector<Value> sums(before);
    for (int64_t k = 0; k < kDepth; k += 2 * kPartDepth) {
      Loaded first = load(aPanel, bPanel, k), second = load(aPanel, bPanel, k + kPartDepth);
      if (kind == Matmul::Bf16)
        addProducts(16, pack(first.a, second.a), pack(first.b, second.b), sums);
      else
        for (const Loaded &loaded : {first, second})
          addProducts(8, round(loaded.a), round(loaded.b), sums);
    }
    return sums;
  }

  void write(ValueRange sums, Value tile) final {
    Value row = e.add(warpRow, layout.contiguousA ? group : e.multiply(group, 2 * rowParts));
    Value column = e.add(warpColumn, e.multiply(step, 2 * vector()));
    Value mine = e.add(e.multiply(row, layout.pitch), column);
    int64_t apart = layout.contiguousA ? kPartRows / 2 : 1;
    for (int64_t half = 0; half < 2 * rowParts; ++half)
      for (int64_t set = 0; set < columnParts; set += vector())
        for (int64_t odd : {0, 1}) {
          SmallVector<Value> neighbours;
          for (int64_t j = set; j < set + vector(); ++j)
            neighbours.push_back(sums[(half / 2 * columnParts + j) * 4 + half % 2 * 2 + odd]);
          int64_t offset = half * apart * layout.pitch + set * kPartColumns + odd * vector();
          e.storeWide(neighbours, e.address(tile, layout.element, e.add(mine, e.constant(offset))));
        }
  }

private:
  /// For every part of a warp's rows the four numbers of a lane, and for every part of its columns the two.
  using Parts = SmallVector<SmallVector<Value>>;
  struct Loaded {
    Parts a, b;
  };

  /// How many neighbouring columns a lane reads at once.
  int64_t vector() const { return std::min<int64_t>(columnParts, 4); }

  Loaded load(Value aPanel, Value bPanel, int64_t k) {
    Loaded loaded;
    loaded.a = layout.contiguousA ? loadRows(aPanel, k) : loadColumns(aPanel, k);
    loaded.b.resize(columnParts);
    for (int64_t set = 0; set < columnParts; set += vector())
      for (int64_t deep : {0, 4}) {
        Value column = e.add(e.add(warpColumn, e.multiply(group, vector())), e.constant(set * kPartColumns));
        Value place = e.add(e.multiply(e.add(step, e.constant(k + deep)), layout.bStep), column);
        for (auto [j, number] : llvm::enumerate(e.loadWide(layout.element, vector(), e.address(bPanel, layout.element, place))))
          loaded.b[set + j].push_back(number);
      }
    return loaded;
  }

  /// Of an a that lies row by row.
  Parts loadRows(Value aPanel, int64_t k) {
    Parts parts;
    Type word = e.builder.getI32Type();
    auto type = LLVM::LLVMStructType::getLiteral(e.builder.getContext(), SmallVector<Type>(4, word));
    auto shape = NVVM::LdStMatrixShapeAttr::get(e.builder.getContext(), 8, 8);
    // Each lane names one row of four numbers: those of steps 0 .. 3 first, and of these the upper eight rows first.
    Value row = e.add(warpRow, e.remainder(e.lane, e.constant(16))), deep = e.multiply(e.divide(e.lane, e.constant(16)), 4);
    Value mine = e.add(e.multiply(row, layout.aRow), e.add(deep, e.constant(k)));
    for (int64_t i = 0; i < rowParts; ++i) {
      Value place = e.address(aPanel, layout.element, e.add(mine, e.constant(i * kPartRows * layout.aRow)));
      Value four = NVVM::LdMatrixOp::create(e.builder, e.loc, type, place, 4, NVVM::MMALayout::row, shape, NVVM::LdStMatrixEltType::B16);
      SmallVector<Value> &part = parts.emplace_back();
      for (int64_t k = 0; k < 4; ++k)
        part.push_back(arith::BitcastOp::create(e.builder, e.loc, layout.element, LLVM::ExtractValueOp::create(e.builder, e.loc, four, k)));
    }
    return parts;
  }

  /// Of an a that lies column by column.
  Parts loadColumns(Value aPanel, int64_t k) {
    Parts parts(rowParts);
    for (int64_t deep : {0, 4}) {
      Value row = e.add(warpRow, e.multiply(group, 2 * rowParts));
      Value place = e.add(e.multiply(e.add(step, e.constant(k + deep)), layout.aStep), row);
      for (auto [half, number] : llvm::enumerate(e.loadWide(layout.element, 2 * rowParts, e.address(aPanel, layout.element, place))))
        parts[half / 2].push_back(number);
    }
    return parts;
  }

  Parts round(const Parts &parts) {
    Parts rounded;
    for (const SmallVector<Value> &part : parts) {
      SmallVector<Value> &words = rounded.emplace_back();
      for (Value number : part)
        words.push_back(NVVM::ConvertFloatToTF32Op::create(e.builder, e.loc, e.builder.getI32Type(), number, NVVM::FPRoundingMode::RNA,
                                                           NVVM::SaturationMode::NONE, /*relu=*/false));
    }
    return rounded;
  }

  Value pack(Value low, Value high) {
    auto pair = VectorType::get(2, e.builder.getBF16Type());
    Value packed = NVVM::ConvertF32x2ToBF16x2Op::create(e.builder, e.loc, pair, high, low, Value(), NVVM::FPRoundingMode::RN,
                                                        NVVM::SaturationMode::NONE, /*relu=*/false);
    return LLVM::BitcastOp::create(e.builder, e.loc, e.builder.getI32Type(), packed);
  }

  /// The parts of eight steps and those of the next eight as parts of sixteen.
  Parts pack(const Parts &first, const Parts &second) {
    Parts packed;
    for (auto [early, late] : llvm::zip_equal(first, second)) {
      SmallVector<Value> &words = packed.emplace_back();
      for (const SmallVector<Value> &part : {early, late})
        for (size_t k = 0; k < part.size() / 2; ++k)
          words.push_back(pack(part[k], part[k + part.size() / 2]));
    }
    return packed;
  }

  void addProducts(int64_t depth, const Parts &a, const Parts &b, SmallVector<Value> &sums) {
    auto type = LLVM::LLVMStructType::getLiteral(e.builder.getContext(), SmallVector<Type>(4, layout.element));
    auto number = kind == Matmul::Bf16 ? NVVM::MMATypes::bf16 : NVVM::MMATypes::tf32;
    int64_t shape[] = {kPartRows, kPartColumns, depth};
    for (int64_t i = 0; i < rowParts; ++i)
      for (int64_t j = 0; j < columnParts; ++j) {
        llvm::MutableArrayRef<Value> mine = llvm::MutableArrayRef(sums).slice((i * columnParts + j) * 4, 4);
        auto result = NVVM::MmaOp::create(e.builder, e.loc, type, a[i], b[j], ValueRange(mine), shape, std::nullopt, std::nullopt,
                                          std::array{number, number}, std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
        for (int64_t k = 0; k < 4; ++k)
          mine[k] = LLVM::ExtractValueOp::create(e.builder, e.loc, result, k);
      }
  }

  BlockEmitter &e;
  Matmul kind;
  int64_t rowParts, columnParts;
  Value group, step, warpRow, warpColumn;
};

} // namespace

int64_t flowc::cuda::tensorTileRows(int64_t threads, int64_t rows) { return WarpGrid(threads, rows).tileRows; }

std::unique_ptr<Product> flowc::cuda::makeTensorProduct(BlockEmitter &e, Matmul kind, int64_t rows, const Factors &factors) {
  return std::make_unique<TensorProduct>(e, kind, WarpGrid(e.threads, rows), factors);
}
