/** Inputs of a model whose weights are nearly all it needs. @param options further inputs, in the place of these */
export const sized = <Options extends object>(name: string, gibibytes: number, options: Options) => ({
  model: {
    name,
    layers: 2,
    hidden: 1024,
    heads: 8,
    ffn: 1024,
    vocab: 1024,
    maxContext: 256,
    weightsBytes: gibibytes * 2 ** 30,
  },
  maxModelLen: 256,
  maxNumSeqs: 1,
  ...options,
});
