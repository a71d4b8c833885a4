package online.hypermesh.impl.erasure;

import java.util.Arrays;

/**
 * The coefficients that make parity of data: a Cauchy matrix, every square part of which is invertible, with columns and rows
 * scaled so that few exclusive-ors are needed (Plank and Xu, "Optimizing Cauchy Reed-Solomon codes for fault-tolerant network
 * storage applications", NCA 2006).
 */
final class CodingMatrix {
    private CodingMatrix() {}

    /** Parity rows over data columns. */
    static int[][] parity(ErasurePolicy policy) {
        int rows = policy.parityShards();
        int columns = policy.dataShards();
        int[][] matrix = new int[rows][columns];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                matrix[i][j] = Field256.divide(1, i ^ (rows + j));
            }
        }
        int[] first = matrix[0].clone();
        for (int[] row : matrix) {
            for (int j = 0; j < columns; j++) {
                row[j] = Field256.divide(row[j], first[j]);
            }
        }
        for (int i = 1; i < rows; i++) {
            matrix[i] = lightest(matrix[i]);
        }
        return matrix;
    }

    /** The row divided by that one of its elements which leaves the fewest ones; the first of equals. */
    private static int[] lightest(int[] row) {
        int[] best = row;
        int least = Integer.MAX_VALUE;
        for (int divisor : row) {
            int[] scaled =
                    Arrays.stream(row).map(e -> Field256.divide(e, divisor)).toArray();
            int weight = Arrays.stream(scaled).map(Field256::weight).sum();
            if (weight < least) {
                least = weight;
                best = scaled;
            }
        }
        return best;
    }

    /**
     * Coefficients that make wanted shards of {@code dataShards} others.
     *
     * @param given indexes of the shards at hand, exactly dataShards of them
     * @param wanted indexes of the shards to make
     * @return a row per wanted shard over the given ones
     */
    static int[][] restoring(ErasurePolicy policy, int[] given, int[] wanted) {
        int k = policy.dataShards();
        int[][] parity = parity(policy);
        int[][] rows = new int[k][];
        for (int i = 0; i < k; i++) {
            rows[i] = encoding(parity, k, given[i]);
        }
        int[][] inverse = invert(rows);
        int[][] result = new int[wanted.length][];
        for (int w = 0; w < wanted.length; w++) {
            result[w] = product(encoding(parity, k, wanted[w]), inverse);
        }
        return result;
    }

    private static int[] encoding(int[][] parity, int k, int shard) {
        if (shard >= k) {
            return parity[shard - k].clone();
        }
        int[] unit = new int[k];
        unit[shard] = 1;
        return unit;
    }

    private static int[] product(int[] row, int[][] matrix) {
        int[] product = new int[matrix.length];
        for (int i = 0; i < row.length; i++) {
            for (int j = 0; j < product.length && row[i] != 0; j++) {
                product[j] ^= Field256.multiply(row[i], matrix[i][j]);
            }
        }
        return product;
    }

    /** Gauss and Jordan. */
    private static int[][] invert(int[][] matrix) {
        int n = matrix.length;
        int[][] left = new int[n][];
        int[][] right = new int[n][n];
        for (int i = 0; i < n; i++) {
            left[i] = matrix[i].clone();
            right[i][i] = 1;
        }
        for (int column = 0; column < n; column++) {
            int pivot = column;
            while (left[pivot][column] == 0) {
                if (++pivot == n) {
                    throw new IllegalStateException("shards were given twice");
                }
            }
            swap(left, pivot, column);
            swap(right, pivot, column);
            int divisor = left[column][column];
            for (int j = 0; j < n; j++) {
                left[column][j] = Field256.divide(left[column][j], divisor);
                right[column][j] = Field256.divide(right[column][j], divisor);
            }
            for (int i = 0; i < n; i++) {
                int factor = left[i][column];
                if (i != column && factor != 0) {
                    subtract(left[i], left[column], factor);
                    subtract(right[i], right[column], factor);
                }
            }
        }
        return right;
    }

    private static void swap(int[][] rows, int a, int b) {
        int[] row = rows[a];
        rows[a] = rows[b];
        rows[b] = row;
    }

    private static void subtract(int[] from, int[] row, int factor) {
        for (int j = 0; j < from.length; j++) {
            from[j] ^= Field256.multiply(factor, row[j]);
        }
    }
}
