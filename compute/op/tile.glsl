// A workgroup of 16 x 16 invocations works on a TILE x TILE piece of a matrix product, each on
// SIDE x SIDE elements of it; DEPTH terms of the inner dimension are in shared memory at a time.
//
// A shader fills tile_a (its rows) and tile_b (its columns), then calls barrier(), TILE_MULTIPLY and
// barrier().

#extension GL_EXT_control_flow_attributes : require

layout(local_size_x = 256) in;
layout(constant_id = 0) const uint SIDE = 4; // 2: more and smaller tiles, for small results
const uint TILE = 16 * SIDE;
const uint DEPTH = 16;
const uint PITCH = TILE + 4; // keeps columns apart in the banks and rows 16-byte aligned

shared float tile_a[DEPTH * PITCH]; // (DEPTH, rows)
shared float tile_b[DEPTH * PITCH]; // (DEPTH, columns)

// Where this invocation's SIDE x SIDE elements begin in the tile.
uint tile_row = gl_LocalInvocationIndex / 16 * SIDE;
uint tile_column = gl_LocalInvocationIndex % 16 * SIDE;

// sum[base + i * SIDE + j] += the products of row i and column j. Four terms are unrolled and no
// more: with all of them, software drivers took minutes to compile attention.
#define TILE_MULTIPLY(sum, base)                                                                   \
    [[dont_unroll]] for (uint part_ = 0; part_ < DEPTH; part_ += 4) {                              \
        [[unroll]] for (uint term_ = 0; term_ < 4; term_++) {                                      \
            uint at_ = (part_ + term_) * PITCH;                                                    \
            float a_[SIDE], b_[SIDE];                                                              \
            [[unroll]] for (uint i_ = 0; i_ < SIDE; i_++) {                                        \
                a_[i_] = tile_a[at_ + tile_row + i_];                                              \
                b_[i_] = tile_b[at_ + tile_column + i_];                                           \
            }                                                                                      \
            [[unroll]] for (uint i_ = 0; i_ < SIDE; i_++) {                                        \
                [[unroll]] for (uint j_ = 0; j_ < SIDE; j_++) {                                    \
                    sum[(base) + i_ * SIDE + j_] += a_[i_] * b_[j_];                               \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }

// How the DEPTH x TILE elements of a part are dealt out to invocations, so that neighbours load
// neighbours: number `step` (of SIDE) of this invocation, where memory runs along the inner
// dimension, or across it.
#define ALONG_DEPTH(step)  (gl_LocalInvocationIndex % DEPTH)
#define ALONG_SIDE(step)   (gl_LocalInvocationIndex / DEPTH + (step) * 16)
#define ACROSS_DEPTH(step) (gl_LocalInvocationIndex / TILE + (step) * (256 / TILE))
#define ACROSS_SIDE(step)  (gl_LocalInvocationIndex % TILE)
