import { parseAbi } from "viem";

/** The acts and rulings of contracts/traceability/ILotEvents.sol. */
export const lotLedgerAbi = parseAbi([
  "struct Input { bytes32 lot; uint24 seq; }",
  "struct Output { uint16 class; uint48 grams; }",
  "event Collected(bytes32 indexed lot, address indexed collector, address indexed keeper, uint16 class, uint256 terms, bytes32 anchor, bytes32 evidence)",
  "event HandedOver(bytes32 indexed lot, address indexed from, address indexed to, bytes32 digest, uint256 terms, bytes32 anchor, bytes32 evidence)",
  "event LotSplit(bytes32 indexed lot, address indexed operator, bytes32 digest, uint48[] grams, uint256 terms, bytes32 anchor, bytes32 evidence)",
  "event Transformed(bytes32 indexed digest, address indexed operator, uint16 indexed process, Input[] inputs, Output[] outputs, uint256 terms, bytes32 anchor, bytes32 evidence)",
  "event Concluded(bytes32 indexed lot, address indexed operator, uint16 indexed kind, bytes32 digest, uint256 terms, bytes32 anchor, bytes32 evidence)",
  "event TitlePassed(bytes32 indexed lot, address indexed owner, address indexed to, bytes32 digest, uint256 terms, bytes32 anchor, bytes32 evidence)",
  "event FlagsChanged(bytes32 indexed lot, uint8 set, uint8 cleared, bytes32 basis)",
  "event LotVoided(bytes32 indexed lot, address indexed auditor, uint48 grams, bytes32 basis)",
]);
