import { describeCases } from './hostile/describe-cases.ts';

describeCases('Bearer');
